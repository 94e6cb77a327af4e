/* SPDX-License-Identifier: Apache-2.0 */
/* azattest-sim: reads the command line and calls the verb. */
#include "sim/options.h"
#include "sim/supervise.h"

int main(int argc, char **argv)
{
        struct sim_options options;

        if (sim_options_parse(argc, argv, &options) != 0)
                return 2;
        switch (options.verb) {
        case SIM_VERB_RUN:
                return sim_run(&options);
        case SIM_VERB_START:
                return sim_start(&options);
        case SIM_VERB_STOP:
                return sim_stop(&options);
        case SIM_VERB_CTL:
                return sim_send_event(&options);
        case SIM_VERB_HELP:
        case SIM_VERB_NONE:
                break;
        }
        sim_options_help(stdout);
        return 0;
}
