/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program of the reference client's C++ interface takes log lines; see
 * azattest-migrating(7). Layout and order of virtual functions are those of Microsoft's library,
 * and stay. */
#ifndef AZATTEST_CPP_ATTESTATION_LOGGER_H
#define AZATTEST_CPP_ATTESTATION_LOGGER_H

#include <string>

namespace attest
{

/* A program derives its own from this. There is no virtual destructor, so the library never deletes
 * one: what a program has made with new it may delete after Uninitialize. */
class AttestationLogger
{
      public:
        enum LogLevel { Error, Warn, Info, Debug };

        /* `fmt` with what follows is as for printf. Called in the thread that logs. */
        virtual void Log(const char *log_tag, LogLevel level, const char *function, const int line,
                         const char *fmt, ...) = 0;

        /* The levels' names, by level. */
        std::string LogLevelStrings[4] = {"Error", "Warn", "Info", "Debug"};
};

} // namespace attest

#endif
