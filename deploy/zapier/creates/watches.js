'use strict';

const address = require('../address');

// Fields of a watch are sent as they were entered: the panel explains what it does not understand.
const perform = async (z, bundle) => {
  const body = Object.fromEntries(Object.entries(bundle.inputData).filter(([, value]) => value !== '' && value != null));
  if (body.travelers) body.travelers = Number(body.travelers);
  return (await z.request({ url: address(bundle, 'watches'), method: 'POST', body })).data;
};

const field = (key, label, required, helpText) => ({ key, label, required, helpText, type: 'string' });

const create = (key, label, description, inputFields) => ({
  key,
  noun: 'Watch',
  display: { label, description },
  operation: {
    inputFields,
    perform,
    sample: { id: '9d01c6f4e7b2', kind: 'award', name: 'Tokyo in spring', active: true, owner: 'default' },
    outputFields: [
      { key: 'id', label: 'Id', type: 'string' },
      { key: 'kind', label: 'Kind', type: 'string' },
      { key: 'name', label: 'Name', type: 'string' },
      { key: 'active', label: 'Active', type: 'boolean' },
      { key: 'owner', label: 'Owner', type: 'string' },
    ],
  },
});

module.exports = [
  create('watch', 'Create Watch', 'Creates a watch, for which the panel searches from then on.', [
    field('name', 'Name', true, 'A name that no other watch has, such as Tokyo in spring.'),
    field('origin', 'From', true, 'Airports, cities or countries: LAX, SFO.'),
    field('destination', 'To', true, 'Airports, cities or countries: Tokyo.'),
    field('dates', 'Dates', true, 'Days, months or ranges: 2027-03, 2027-03-10..2027-03-20.'),
    field('cabins', 'Cabins', false, 'economy, premium_economy, business or first; all if empty.'),
    { ...field('travelers', 'Travelers', false, 'Number of travelers; 1 if empty.'), type: 'integer' },
    field('max_miles', 'Most Miles', false, 'For one traveler, one way: 80000 or 80k.'),
    field('max_taxes', 'Most Taxes', false, 'For one traveler, one way, with the currency: 120 USD.'),
    field('programs', 'Programs', false, 'Keys of programs, such as united, aeroplan; all if empty.'),
  ]),
  create('watch_in_words', 'Create Watch in Words', 'Creates a watch from a sentence about a trip.', [
    field('words', 'Words', true, 'English, Portuguese or Spanish: business to Tokyo in March under 80k from LAX.'),
    field('name', 'Name', false, 'A name that no other watch has; by default, it is made from the words.'),
  ]),
];
