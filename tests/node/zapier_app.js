'use strict';

// Checks the Zapier app with Zapier's schema, and prints its errors and what its functions request, as JSON.
const path = require('path');
const { validateAppDefinition } = require('zapier-platform-schema');

const app = require(path.join(__dirname, '..', '..', 'deploy', 'zapier'));
// Zapier's core replaces functions by references to them before the definition is checked.
const references = (value) => {
  if (typeof value === 'function') return `$func$${value.length}$f$`;
  if (Array.isArray(value)) return value.map(references);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, references(part)]));
  }
  return value;
};

const requests = [];
const z = { request: async (request) => { requests.push(app.beforeRequest[0]({ ...request, headers: {} }, z, bundle)); return { data: [], status: 204 }; } };
const bundle = {
  authData: { address: 'https://awards.example/', token: 'asp_x' },
  inputData: { name: 'Tokyo', words: 'to Tokyo', programs: '', travelers: '2' },
  targetUrl: 'https://hooks.zapier.com/1',
  subscribeData: { id: 'hook_1' },
};

(async () => {
  await app.authentication.test(z, bundle);
  for (const { operation } of [...Object.values(app.triggers), ...Object.values(app.creates)]) {
    for (const name of ['performSubscribe', 'performUnsubscribe', 'performList']) {
      if (operation[name]) await operation[name](z, bundle);
    }
    if (operation.type !== 'hook') await operation.perform(z, bundle);
  }
  const errors = validateAppDefinition(references(app)).errors.map((error) => error.stack || String(error));
  console.log(JSON.stringify({ errors, requests }));
})();
