/* SPDX-License-Identifier: Apache-2.0 */
/* What azattest_status found, in Prometheus' text format. */
#ifndef AZA_CLI_METRICS_H
#define AZA_CLI_METRICS_H

#include "base/bytes.h"

#include <json-c/json.h>

/* A file for node_exporter's textfile collector: samples without times, HELP and TYPE once a
 * metric. What is not known has no sample. 0 or AZATTEST_E_NO_MEMORY. */
int cli_metrics(json_object *status, struct aza_bytes *ret);

#endif
