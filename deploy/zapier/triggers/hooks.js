'use strict';

const address = require('../address');
const events = require('../events.json');

// A trigger for events that the panel sends as they happen.
const hook = (event, key, noun, label, description) => ({
  key,
  noun,
  display: { label, description },
  operation: {
    type: 'hook',
    inputFields: [
      { key: 'locale', label: 'Language of texts', type: 'string', choices: { en: 'English', pt_BR: 'Português', es: 'Español' } },
    ],
    performSubscribe: async (z, bundle) => {
      const body = { target_url: bundle.targetUrl, event };
      if (bundle.inputData.locale) body.locale = bundle.inputData.locale;
      return (await z.request({ url: address(bundle, 'hooks'), method: 'POST', body })).data;
    },
    performUnsubscribe: async (z, bundle) => {
      const url = address(bundle, `hooks/${bundle.subscribeData.id}`);
      return { status: (await z.request({ url, method: 'DELETE' })).status };
    },
    perform: async (z, bundle) => [bundle.cleanedRequest],
    performList: async (z, bundle) => (await z.request({ url: address(bundle, `events/${event}/samples`) })).data,
    sample: events[event].sample,
    outputFields: events[event].outputFields,
  },
});

module.exports = [
  hook('offer.matched', 'offer_matched', 'Offer', 'Offer Matched', 'Triggers when an offer matches one of your watches.'),
  hook('offer.dropped', 'offer_dropped', 'Offer', 'Price Dropped', 'Triggers when an offer of a watch becomes cheaper.'),
  hook('offer.gone', 'offer_gone', 'Offer', 'Offer Gone', 'Triggers when an offer of a watch is no longer available.'),
  hook('promotion', 'promotion', 'Promotion', 'Promotion', 'Triggers when a promotion matches one of your watches.'),
];
