'use strict';

// The address of a route of the panel that the user entered, with or without a slash at the end.
module.exports = (bundle, path) => `${bundle.authData.address.trim().replace(/\/+$/, '')}/api/v1/${path}`;
