# The page for people: verify --html and explain --html about an accepted, a refused and an incomplete case,
# read by an HTML parser: nothing in it runs, nothing is fetched, and it says what the JSON says.
# setups: default
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# page FILE CLASS VERDICT: a page of ours with that verdict; its text goes to the file text, one element a line.
page() {
        python3 - "$1" "$2" "$3" >text <<'PYTHON' || fail "page $1"
import html.parser, sys
ours = set("html head meta title style body h1 h2 div p table thead tbody tr th td br span svg rect text path footer".split())
void = {"meta", "br", "rect", "path"}
class Page(html.parser.HTMLParser):
    stack, verdict, texts, lines = [], None, [], []
    def handle_starttag(self, tag, attributes):
        names = {name for name, value in attributes}
        if tag not in ours or any(name.startswith("on") or name in ("href", "src", "style") for name in names):
            sys.exit(f"not ours: {tag} {names}")
        value = dict(attributes)
        if tag == "div":
            self.verdict = value["class"]
        if tag == "path" and value["class"].startswith("line"):
            self.lines.append(value["class"].split()[1])
        if tag not in void:
            self.stack.append(tag)
    handle_startendtag = handle_starttag
    def handle_endtag(self, tag):
        if tag not in void and self.stack.pop() != tag:
            sys.exit(f"not closed before {tag}")
    def handle_data(self, data):
        if data.strip() and "style" not in self.stack:
            self.texts.append(data.strip())
page = Page(convert_charrefs=True)
page.feed(open(sys.argv[1], encoding="utf-8").read())
page.close()
for wrong in (page.stack, page.verdict != "verdict " + sys.argv[2], not any(sys.argv[3] in text for text in page.texts)):
    if wrong:
        sys.exit(f"{page.stack} {page.verdict} {page.texts[:8]}")
print("\n".join(page.texts))
print("lines", *sorted(page.lines))
PYTHON
}
says() { grep -qF -- "$1" text || { cat text >&2; fail "the page lacks '$1'"; }; }

ok azattest attest --nonce n1 --out t.jwt
ok azattest evidence --nonce n1 --out e.json
vmid=$(claim t.jwt '.["x-ms-azurevm-vmid"]')

ok azattest verify t.jwt --nonce n1 --html accepted.html
page accepted.html proven "✓ accepted: token"
says "$vmid"
says "$(claim t.jwt .jti)"
says "AMD root"
ok azattest explain t.jwt --nonce n1 --json
same "lines $(jq -r '.links[].state' stdout | sed 's/proven here/proven/; s/vouched.*/vouched/; s/not checked/open/' | sort | xargs)" \
        "$(tail -1 text)" "links"
expect_fail "check T11 " azattest verify t.jwt --nonce n2 --html refused.html
page refused.html refused "✗ refused: token"
says "the token carries another nonce"
! grep -q "Claims that were accepted" text || fail "claims of a refused token"
jq 'del(.quote)' e.json >part.json
expect_undecided "check Q1 " azattest verify part.json --html incomplete.html
page incomplete.html open "? not decided: evidence"
ok azattest verify e.json --nonce n1 --html evidence.html
page evidence.html proven "✓ accepted: evidence"
ok without_policy azattest explain e.json --html explained.html
page explained.html open "? not decided"
says "which VM it must be was not said"
# What is no token has a page, too, that says so.
head -c 40 t.jwt >part.jwt
expect_fail "AZATTEST_E_" azattest verify part.jwt --html none.html
expect_usage "about one FILE" azattest verify t.jwt e.json --html x.html
expect_usage "a file of its own" azattest verify t.jwt --html -
expect_undecided "--html /nonexistent/x.html" azattest verify t.jwt --html /nonexistent/x.html

# Whoever writes the payload, the file's name or a boot log's texts writes no markup.
evil='</td></title><script>alert(1)</script><img src=x onerror=alert(1)>"'"'"
ok azattest attest --payload "$(jq -cn --arg e "$evil" '{"</script>": $e, x: $e}')" --out "./${evil//\//_}.jwt"
ok azattest verify "./${evil//\//_}.jwt" --html evil.html
page evil.html proven "✓ accepted: token"
says "${evil//\//_}.jwt"
says "x-ms-runtime.client-payload.</script>"

# In a browser, where there is one (apt-get install chromium): the verdict's colour is on the screen, and it prints.
browser=$(command -v chromium || true)
[ -n "$browser" ] || { echo "no chromium: not looked at in a browser (apt-get install chromium)"; exit 0; }
look() { # NAME COLOUR
        ok timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/chromium" --hide-scrollbars \
                --window-size=800,600 --screenshot="$PWD/$1.png" "file://$PWD/$1.html"
        python3 - "$1.png" "$2" <<'PYTHON' || fail "$1 on the screen"
import struct, sys, zlib
data, at, body = open(sys.argv[1], "rb").read(), 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    part = data[at + 8:at + 8 + size]
    if kind == b"IHDR":
        width, height, depth, colours = struct.unpack(">IIBB", part[:10])
    elif kind == b"IDAT":
        body += part
    at += size + 12
pixel = {2: 3, 6: 4}[colours]
raw, row, found = zlib.decompress(body), bytearray(width * pixel), 0
wanted = bytes.fromhex(sys.argv[2])
for y in range(height):
    start = y * (width * pixel + 1)
    how, line = raw[start], bytearray(raw[start + 1:start + 1 + width * pixel])
    for i in range(len(line)):
        a = line[i - pixel] if i >= pixel else 0
        b, c = row[i], row[i - pixel] if i >= pixel else 0
        if how == 4:
            p = a + b - c
            near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        else:
            near = (0, a, b, (a + b) // 2)[how]
        line[i] = (line[i] + near) & 255
    row = line
    found += sum(line[i:i + 3] == wanted for i in range(0, len(line), pixel))
sys.exit(0 if found > 500 else f"{found} pixels of {sys.argv[2]}")
PYTHON
        ok timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/chromium" \
                --no-pdf-header-footer --print-to-pdf="$PWD/$1.pdf" "file://$PWD/$1.html"
        same "%PDF" "$(head -c 4 "$1.pdf")"
}
look accepted 0b6b2e
look refused a8071a
look incomplete 7a5200
