'use strict';

const address = require('./address');

module.exports = {
  type: 'custom',
  fields: [
    {
      key: 'address',
      label: 'Address of the panel',
      type: 'string',
      required: true,
      helpText: 'The public address of your panel, such as https://awards.example.org. Zapier cannot reach localhost.',
    },
    {
      key: 'token',
      label: 'Token',
      type: 'password',
      required: true,
      helpText: 'Create it on the page Account of the panel, with the scope write, signed in as an operator.',
    },
  ],
  test: async (z, bundle) => (await z.request({ url: address(bundle, 'me') })).data,
  connectionLabel: '{{account}} ({{name}})',
};
