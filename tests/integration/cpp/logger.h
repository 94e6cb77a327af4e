/* SPDX-License-Identifier: Apache-2.0 */
/* The logger of the test programs: lines on stderr, as the interface hands them over. */
#ifndef TESTS_CPP_LOGGER_H
#define TESTS_CPP_LOGGER_H

#include <AttestationLogger.h>

#include <cstdarg>
#include <cstdio>

class Logger : public attest::AttestationLogger
{
      public:
        void Log(const char *log_tag, LogLevel level, const char *function, const int line,
                 const char *fmt, ...) override
        {
                va_list args;

                va_start(args, fmt);
                std::fprintf(stderr, "[%s] %s %s:%d ", LogLevelStrings[level].c_str(), log_tag,
                             function, line > 0 ? 1 : 0);
                std::vfprintf(stderr, fmt, args);
                std::fputc('\n', stderr);
                va_end(args);
        }
};

#endif
