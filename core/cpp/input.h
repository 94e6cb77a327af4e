/* SPDX-License-Identifier: Apache-2.0 */
/* What programs pass for a URL and a payload, as libazattest wants it. Bytes in, text out. */
#ifndef AZA_CPP_INPUT_H
#define AZA_CPP_INPUT_H

#include <string>

namespace aza
{

/* "https://HOST[:PORT]" of whatever form a program has for its endpoint: bare host, http://, spaces
 * around it, path, query. "" of a blank one. Whether it is a host is the library's to judge. */
std::string endpoint_of(const std::string &url);

/* `payload` without the members "nonce" that are empty or null: the reference sends such a nonce,
 * with us none was asked for. Anything that is not such a member, or no JSON object, stays as it is
 * for the library to judge. */
std::string without_empty_nonce(const std::string &payload);

} // namespace aza

#endif
