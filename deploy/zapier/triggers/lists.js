'use strict';

const address = require('../address');
const events = require('../events.json');

// A trigger for events that Zapier requests every few minutes.
const list = (event, key, noun, label, description) => ({
  key,
  noun,
  display: { label, description },
  operation: {
    type: 'polling',
    perform: async (z, bundle) => (await z.request({ url: address(bundle, `events/${event}`) })).data,
    sample: events[event].sample,
    outputFields: events[event].outputFields,
  },
});

module.exports = [
  list('offer.matched', 'new_offer', 'Offer', 'New Offer', 'Triggers when there is a new offer for one of your watches.'),
  list('promotion', 'new_promotion', 'Promotion', 'New Promotion', 'Triggers when a new promotion matches a watch.'),
];
