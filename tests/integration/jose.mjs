// SPDX-License-Identifier: Apache-2.0
// The other side of jose.sh: npm's jose as independent JOSE implementation.
// usage: node jose.mjs verify TOKEN JWKS | encrypt TOKEN ALG < data > jwe | seal TOKEN PKCS8 [MEMBER] | header < jwe | forge TOKEN DIR | decrypt KEY < jwe
import { readFileSync, writeFileSync } from 'node:fs';
import * as jose from 'jose';

const [, , command, ...args] = process.argv;
const text = (path) => readFileSync(path, 'utf8').trim();
const stdin = () => readFileSync(0);
const keyOf = (claims) =>
  claims['x-ms-runtime'].keys.find((key) => key.kid === 'TpmEphemeralEncryptionKey');

const commands = {
  async verify(token, jwks) {
    const keys = jose.createLocalJWKSet(JSON.parse(text(jwks)));
    const { payload } = await jose.jwtVerify(text(token), keys, { algorithms: ['RS256'] });
    console.log(payload.iss);
  },
  async encrypt(token, alg) {
    const { kty, n, e } = keyOf(jose.decodeJwt(text(token)));
    const key = await jose.importJWK({ kty, n, e }, alg);
    const jwe = new jose.CompactEncrypt(stdin()).setProtectedHeader({ alg, enc: 'A256GCM', cty: 'text/plain' });
    process.stdout.write(await jwe.encrypt(key));
  },
  // The JWE of a sealed key (FORMATS.md 9) for the key in the token.
  async seal(token, pkcs8, member) {
    const { kty, n, e } = keyOf(jose.decodeJwt(text(token)));
    const key = await jose.importJWK({ kty, n, e }, 'RSA-OAEP-256');
    const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'pkcs8' };
    if (member) header.azattest = JSON.parse(member);
    const jwe = new jose.CompactEncrypt(readFileSync(pkcs8)).setProtectedHeader(header);
    process.stdout.write(await jwe.encrypt(key));
  },
  async header() {
    console.log(JSON.stringify(jose.decodeProtectedHeader(stdin().toString())));
  },
  // A token like the given one for a key of ours, signed by an issuer key of ours.
  async forge(token, dir) {
    const options = { modulusLength: 2048, extractable: true };
    const issuer = await jose.generateKeyPair('RS256', options);
    const key = await jose.generateKeyPair('RSA-OAEP-256', options);
    const claims = jose.decodeJwt(text(token));
    Object.assign(keyOf(claims), await jose.exportJWK(key.publicKey));
    const jwt = new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'test' });
    const jwk = { ...(await jose.exportJWK(issuer.publicKey)), kid: 'test' };
    writeFileSync(`${dir}/forged.jwt`, await jwt.sign(issuer.privateKey));
    writeFileSync(`${dir}/forged.jwks`, JSON.stringify({ keys: [jwk] }));
    writeFileSync(`${dir}/forged.key`, JSON.stringify(await jose.exportJWK(key.privateKey)));
  },
  async decrypt(file) {
    const jwe = stdin().toString();
    const { alg } = jose.decodeProtectedHeader(jwe);
    const key = await jose.importJWK(JSON.parse(text(file)), alg);
    process.stdout.write((await jose.compactDecrypt(jwe, key)).plaintext);
  },
};

await commands[command](...args);
