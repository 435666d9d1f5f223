// The bare calls a plan cannot do without, over one connection: the floor the benchmark compares with.
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const get = (path) =>
  new Promise((resolve, reject) => {
    http
      .get({ socketPath: '/run/docker.sock', path, agent }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve(JSON.parse(body)));
      })
      .on('error', reject);
  });
(async () => {
  await get('/info');
  const list = await get('/containers/json');
  for (const { Id } of list) await get(`/containers/${Id}/json`);
  agent.destroy();
})();
