/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which addresses the simulator may listen on. Speaks no HTTP. */
#include "sim/say.h"
#include "sim/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IMDS_ADDRESS 0xA9FEA9FEu /* 169.254.169.254 */

struct endpoint {
        char host[64]; /* as it stands in a URL, without brackets */
        bool v6;
        struct sockaddr_storage address;
        socklen_t len;
};

static bool parse_port(const char *text, uint16_t *ret)
{
        char *end = NULL;
        errno = 0;
        unsigned long port = strtoul(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || port > UINT16_MAX)
                return false;
        *ret = (uint16_t)port;
        return true;
}

static bool split(const char *text, char host[64], uint16_t *port)
{
        const char *colon = strrchr(text, ':');
        if (colon == NULL || colon == text || !parse_port(colon + 1, port))
                return false;
        size_t len = (size_t)(colon - text);
        if (text[0] == '[' && colon[-1] == ']') {
                text++;
                len -= 2;
        }
        if (len == 0 || len >= 64)
                return false;
        memcpy(host, text, len);
        host[len] = '\0';
        return true;
}

/* Loopback only: a simulator hands out keys that nobody must take for real ones. */
static bool parse_endpoint(const char *text, struct endpoint *ret)
{
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        uint16_t port = 0;

        if (!split(text, ret->host, &port))
                return false;
        const char *number = strcmp(ret->host, "localhost") == 0 ? "127.0.0.1" : ret->host;
        v4.sin_port = htons(port);
        v6.sin6_port = htons(port);
        if (inet_pton(AF_INET, number, &v4.sin_addr) == 1) {
                uint32_t address = ntohl(v4.sin_addr.s_addr);
                memcpy(&ret->address, &v4, sizeof(v4));
                ret->len = sizeof(v4);
                return address >> 24 == 127 || address == IMDS_ADDRESS;
        }
        if (inet_pton(AF_INET6, number, &v6.sin6_addr) == 1) {
                memcpy(&ret->address, &v6, sizeof(v6));
                ret->len = sizeof(v6);
                ret->v6 = true;
                return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
        }
        return false;
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;

        if (address->ss_family == AF_INET) {
                memcpy(&v4, address, sizeof(v4));
                return ntohs(v4.sin_port);
        }
        memcpy(&v6, address, sizeof(v6));
        return ntohs(v6.sin6_port);
}

static void format_url(const char *scheme, const struct endpoint *e, uint16_t port, char *url,
                       size_t size)
{
        char suffix[8] = "";
        if (port != (strcmp(scheme, "https") == 0 ? 443 : 80))
                (void)snprintf(suffix, sizeof(suffix), ":%u", (unsigned int)port);
        (void)snprintf(url, size, "%s://%s%s%s%s", scheme, e->v6 ? "[" : "", e->host,
                       e->v6 ? "]" : "", suffix);
}

int sim_web_listen(const char *scheme, const char *address, char *ret_url, size_t url_size)
{
        struct endpoint e = {0};
        int on = 1;

        if (!parse_endpoint(address, &e))
                return sim_fail(
                        "cannot listen on '%s': wanted ADDR:PORT with a loopback address, or 169.254.169.254",
                        address);
        int fd = socket(e.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_storage bound = {0};
        socklen_t len = sizeof(bound);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
            bind(fd, (const struct sockaddr *)&e.address, e.len) != 0 || listen(fd, 128) != 0 ||
            getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
                int why = errno;
                if (fd >= 0)
                        (void)close(fd);
                return sim_fail("cannot listen on %s: %s", address, strerror(why));
        }
        format_url(scheme, &e, port_of(&bound), ret_url, url_size);
        return fd;
}
