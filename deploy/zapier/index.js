'use strict';

const authentication = require('./authentication');
const watches = require('./creates/watches');
const { version } = require('./package.json');
const hooks = require('./triggers/hooks');
const lists = require('./triggers/lists');

const withToken = (request, z, bundle) => {
  if (bundle.authData.token) request.headers.Authorization = `Bearer ${bundle.authData.token}`;
  return request;
};

// The panel says in one sentence what is wrong; Zapier shows it instead of the response.
const withSentence = (response, z) => {
  if (response.status >= 400) {
    const sentence = (response.data && response.data.error) || response.content;
    throw new z.errors.Error(sentence, 'PanelError', response.status);
  }
  return response;
};

const byKey = (parts) => Object.fromEntries(parts.map((part) => [part.key, part]));

module.exports = {
  version,
  platformVersion: '19.1.0',
  authentication,
  beforeRequest: [withToken],
  afterResponse: [withSentence],
  triggers: byKey([...hooks, ...lists]),
  creates: byKey(watches),
};
