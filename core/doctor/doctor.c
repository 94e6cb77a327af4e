/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which findings are looked for. */
#include "doctor/doctor.h"

#include "base/error.h"

int aza_doctor(struct aza_doctor *d)
{
        if ((d->findings = json_object_new_array()) == NULL)
                return AZA_NO_MEMORY();
        aza_doctor_tpm(d);
        aza_doctor_machine(d);
        aza_doctor_host(d);
        aza_doctor_net(d);
        EVP_PKEY_free(d->hcl_ak);
        EVP_PKEY_free(d->ak);
        aza_bytes_free(&d->report);
        return 0;
}
