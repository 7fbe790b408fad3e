import { bodyRules, streamedBodyRules } from './behaviours/bodies.ts';
import { connectionRules } from './behaviours/connections.ts';
import { lifeCycleRules } from './behaviours/life-cycle.ts';
import { requestRules, secureRequestRules } from './behaviours/requests.ts';
import { responseRules } from './behaviours/responses.ts';
import { streamedUploadRules, streamingRules } from './behaviours/streaming.ts';
import { OPENSSL } from './support/certificate.ts';
import { NGINX, startNginx } from './support/nginx.ts';
import { describeWith } from './support/requirement.ts';
import { ANEW_OVER_TCP, KEPT_OVER_UNIX, useSite } from './support/site.ts';

// An Express application, with the same and other files of deploy/: web-servers.test.ts.
for (const mode of [KEPT_OVER_UNIX, ANEW_OVER_TCP]) {
  describeWith(`nginx, ${mode.mode}, a plain listener`, [NGINX], () => {
    const rule = useSite(startNginx, 'plain', mode);
    requestRules(rule);
    describeWith('https', [OPENSSL], () => secureRequestRules(rule));
    responseRules(rule);
    bodyRules(rule);
    streamedBodyRules(rule);
    streamingRules(rule);
    streamedUploadRules(rule);
    connectionRules(rule, mode);
    lifeCycleRules(rule);
  });
}
