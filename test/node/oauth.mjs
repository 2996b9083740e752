// Completes every flow of the authorization server with a standard client library, oauth4webapi, and says what it finds.
// The configuration comes on standard input: base, cookie (of somebody signed in), public, confidential, service and implicit
// (clients: client_id, client_secret), callback. It prints {"found": "…"} for each thing that is wrong, and {"done": …} at last.

import * as oauth from "oauth4webapi";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const config = JSON.parse(Buffer.concat(chunks).toString());
const insecure = { [oauth.allowInsecureRequests]: true };

const say = (line) => console.log(JSON.stringify(line));
const check = (ok, found) => ok || say({ found });
let done = 0;
async function step(name, run) {
  try {
    await run();
    done++;
  } catch (error) {
    say({ found: `${name}: ${error.message} ${error.cause ? JSON.stringify(error.cause) : ""} ${error.error ?? ""}` });
  }
}

// A browser in which somebody is signed in.
const cookies = new Map([config.cookie.split("=")]);
async function browse(url, form) {
  const headers = { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join("; "), "sec-fetch-site": "same-origin" };
  const init = { headers, redirect: "manual" };
  if (form) Object.assign(init, { method: "POST", body: new URLSearchParams(form), headers: { ...headers, origin: config.base } });
  const answer = await fetch(url, init);
  for (const line of answer.headers.getSetCookie()) {
    const [pair] = line.split(";");
    cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
  }
  return answer;
}

// consent goes through the pages as a person does, and returns where the browser is sent at last.
async function consent(url, decision) {
  const page = new URL((await browse(url)).headers.get("location"), config.base);
  const html = await (await browse(page)).text();
  if (!html.includes("<form")) throw new Error("the page of consent has no form");
  const noted = await browse(page, { decision, shown: html.match(/name="shown" value="([^"]*)"/)?.[1] ?? "" });
  const next = noted.headers.get("refresh").replace("0; url=", "");
  return new URL((await browse(new URL(next, config.base))).headers.get("location"));
}

const issuer = new URL(config.base);
let as;
for (const algorithm of ["oidc", "oauth2"]) {
  await step(`discovery, ${algorithm}`, async () => {
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...insecure }));
    // OpenID Connect Discovery, 3, requires them; RFC 8414 does not know them.
    const oidc = JSON.stringify([as.subject_types_supported, as.id_token_signing_alg_values_supported]);
    check(oidc === (algorithm === "oidc" ? '[["public"],["ES256"]]' : "[null,null]"), `${algorithm}: ${oidc}`);
  });
}
check(as.authorization_response_iss_parameter_supported === true, "RFC 9207 is not announced");
for (const absent of ["userinfo_endpoint", "registration_endpoint"]) check(!(absent in as), `${absent} is announced`);

const api = async (token, path = "/api/v1/manage/oauth-clients") =>
  (await oauth.protectedResourceRequest(token, "GET", new URL(path, config.base), undefined, undefined, insecure)).status;

async function code(client, authentication, params, pkce = true) {
  const state = oauth.generateRandomState();
  const verifier = pkce ? oauth.generateRandomCodeVerifier() : oauth.nopkce;
  const url = new URL(as.authorization_endpoint);
  const asked = { client_id: client.client_id, redirect_uri: config.callback, response_type: "code", state, ...params };
  if (pkce) Object.assign(asked, { code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" });
  for (const [k, v] of Object.entries(asked)) url.searchParams.set(k, v);
  const back = oauth.validateAuthResponse(as, client, await consent(url, "allow"), state); // state and iss
  const answer = await oauth.authorizationCodeGrantRequest(as, client, authentication, back, config.callback, verifier, insecure);
  return oauth.processAuthorizationCodeResponse(as, client, answer);
}

// Every token is validated as RFC 9068 has it, with the keys of the server, by the library.
async function validate(token) {
  const request = new Request(config.base, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, config.base, insecure);
}

const server = { client_id: config.confidential.client_id };
const service = { client_id: config.service.client_id };
const basic = oauth.ClientSecretBasic(config.confidential.client_secret);

let held;
await step("code with PKCE, public", async () => {
  const client = { client_id: config.public.client_id };
  held = await code(client, oauth.None(), { scope: "keys:manage" });
  check(held.expires_in === 600 && held.token_type === "bearer", `the answer is ${held.token_type}, ${held.expires_in} s`);
  const claims = await validate(held.access_token);
  check(claims.client_id === client.client_id && claims.scope === "keys:manage", "the claims are others");
  check((await api(held.access_token)) === 200, "the API refuses the token");
});
await step("refresh with rotation", async () => {
  const client = { client_id: config.public.client_id };
  const next = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, oauth.None(), held.refresh_token, insecure));
  check(next.refresh_token && next.refresh_token !== held.refresh_token, "the refresh token stayed");
  check((await api(next.access_token)) === 200, "the API refuses the token");
  try {
    await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, oauth.None(), held.refresh_token, insecure));
    say({ found: "a refresh token counts twice" });
  } catch (error) {
    check(error.error === "invalid_grant", `a replay is ${error.error}`);
  }
  let refused = 0;
  await api(next.access_token).then((s) => (refused = s), (e) => (refused = e.status));
  check(refused === 401, `after a replay the API answers ${refused}`);
});
for (const [name, authentication, pkce] of [["Basic", basic, true], ["post", oauth.ClientSecretPost(config.confidential.client_secret), true], ["Basic, without PKCE", basic, false]]) {
  await step(`code, confidential by ${name}`, async () => {
    const got = await code(server, authentication, {}, pkce);
    await validate(got.access_token);
    check((await api(got.access_token)) === 200, "the API refuses the token");
  });
}
await step("refused", async () => {
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  for (const [k, v] of Object.entries({ client_id: server.client_id, redirect_uri: config.callback, response_type: "code", state })) url.searchParams.set(k, v);
  try {
    oauth.validateAuthResponse(as, server, await consent(url, "refuse"), state);
    say({ found: "a refusal is no error" });
  } catch (error) {
    check(error.error === "access_denied", `a refusal is ${error.error}`);
  }
});
let own;
await step("client credentials", async () => {
  const way = oauth.ClientSecretBasic(config.service.client_secret);
  own = await oauth.processClientCredentialsResponse(as, service, await oauth.clientCredentialsGrantRequest(as, service, way, new URLSearchParams(), insecure));
  const claims = await validate(own.access_token);
  check(claims.sub === service.client_id && !own.refresh_token, "a client is not itself");
  check((await api(own.access_token)) === 200, "the API refuses the token");
});
await step("introspection and revocation", async () => {
  const way = oauth.ClientSecretBasic(config.service.client_secret);
  const ask = async () => oauth.processIntrospectionResponse(as, service, await oauth.introspectionRequest(as, service, way, own.access_token, insecure));
  let info = await ask();
  check(info.active === true && info.client_id === service.client_id && info.aud === config.base && info.exp > Date.now() / 1000, `active: ${JSON.stringify(info)}`);
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, service, way, own.access_token, insecure));
  info = await ask();
  check(info.active === false && Object.keys(info).length === 1, `revoked: ${JSON.stringify(info)}`);
});
await step("implicit", async () => {
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  const client = { client_id: config.implicit.client_id };
  for (const [k, v] of Object.entries({ ...client, redirect_uri: config.callback, response_type: "token", state })) url.searchParams.set(k, v);
  const back = await consent(url, "allow");
  const said = new URLSearchParams(back.hash.slice(1));
  check(back.search === "" && said.get("state") === state && said.get("iss") === config.base && said.get("token_type") === "Bearer", `the answer is ${[...said.keys()]}`);
  check(said.get("expires_in") === "600" && said.get("scope") === "tenant.apiKey:read tenant.apiKey:write" && !said.has("refresh_token"), `it lasts ${said.get("expires_in")}, for ${said.get("scope")}`);
  await validate(said.get("access_token"));
});
say({ done });
