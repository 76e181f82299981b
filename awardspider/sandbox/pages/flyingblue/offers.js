// The page creates a search context, then fetches the lowest price of each day of the month and the day's flights, with
// queries that are identified by hashes. The page can have a prefix (/wwws.airfrance.us/search/...).
const prefix = location.pathname.split("/search")[0];
const query = new URLSearchParams(location.search);
const status = document.getElementById("status");
const hashes = document.body.dataset;
const context = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());

// `connections` is CDG:A:20270310>JFK:A, with C for a city; its other formats have the same parts in the same order.
function parts(text) {
  const places = [...text.matchAll(/\b([A-Z]{3})\b(?::([AC])\b)?/g)].map(([, code, kind]) => ({
    type: kind === "C" ? "CITY" : "AIRPORT", code,
  }));
  const day = text.match(/(\d{4})-?(\d\d)-?(\d\d)/);
  return { origin: places[0], destination: places[1], day: day ? day.slice(1).join("-") : "" };
}

const { origin, destination, day } = parts(query.get("connections") || "");
const bookingFlow = query.get("bookingFlow") || "LEISURE";
const cabin = query.get("cabinClass") || "ECONOMY";
const adults = Number((query.get("pax") || "1").split(":")[0]) || 1;
const passengers = Array.from({ length: adults }, (_, index) => ({ id: index + 1, type: "ADT" }));
const customer = {
  selectedTravelCompanions: passengers.map(({ id }) => ({ passengerId: id, travelerKey: 0, travelerSource: "PROFILE" })),
};

async function fetchQuery(operationName, hash, variables) {
  const response = await fetch(`${prefix}/gql/v1?bookingFlow=${bookingFlow}&operationName=${operationName}`, {
    method: "POST",
    headers: {
      "Accept": "application/json",
      "Content-Type": "application/json",
      "afkl-travel-host": "AF",
      "afkl-travel-country": "US",
      "afkl-travel-market": "US",
      "afkl-travel-language": "en",
    },
    body: JSON.stringify({
      operationName,
      variables: { ...variables, searchStateUuid: context },
      extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
    }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

const price = ({ amount, currencyCode }) => `${amount.toLocaleString("en-US")} ${currencyCode}`;

function monthOf(text) {
  const [year, month] = text.split("-").map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const start = text.slice(0, 8);
  return `${start}01/${start}${String(last).padStart(2, "0")}`;
}

async function showMonth() {
  const data = await fetchQuery("SharedSearchLowestFareOffersForSearchQuery", hashes.lowest, {
    lowestFareOffersRequest: {
      bookingFlow, withUpsellCabins: true, passengers, commercialCabins: [cabin], customer, fareOption: null, type: "DAY",
      requestedConnections: [{ departureDate: day, dateInterval: monthOf(day), origin, destination }],
    },
    activeConnection: 0,
    bookingFlow,
  });
  for (const row of data.lowestFareOffers.lowestOffers) {
    const item = element("li", "", document.getElementById("days"));
    element("b", row.flightDate.slice(5), item);
    item.append(row.noFlight ? "–" : price(row.connections[0].price));
  }
}

async function showFlights() {
  const data = await fetchQuery("SearchResultAvailableOffersQuery", hashes.offers, {
    activeConnectionIndex: 0,
    bookingFlow,
    availableOfferRequestBody: {
      commercialCabins: [cabin], passengers, bookingFlow, customer,
      requestedConnections: [{ departureDate: day, origin, destination }],
    },
  });
  const { offerItineraries, warnings } = data.availableOffers;
  for (const { activeConnection, upsellCabinProducts } of offerItineraries) {
    const item = element("li", "", document.getElementById("flights"), "flight");
    const legs = activeConnection.segments;
    const [first, last] = [legs[0], legs[legs.length - 1]];
    element("p", `${first.departureDateTime.slice(11, 16)} ${first.origin.code} – ${last.arrivalDateTime.slice(11, 16)} ${last.destination.code}`, item);
    element("p", legs.map(({ marketingFlight }) => `${marketingFlight.carrier.code} ${marketingFlight.number}`).join(", "), item, "legs");
    const prices = element("div", "", item, "prices");
    for (const { connections: [fare] } of upsellCabinProducts) {
      if (fare.price.amount !== null) element("span", `${fare.cabinClassTitle}: ${price(fare.price)} + ${price(fare.tax)}`, prices);
    }
  }
  status.textContent = offerItineraries.length ? `${offerItineraries.length} flights` : warnings[0].description;
}

async function main() {
  if (!origin || !destination || !day) {
    status.textContent = "Choose a route and a day.";
    return;
  }
  document.getElementById("route").textContent = `${origin.code} to ${destination.code}, ${day}`;
  // Each part of the page is fetched separately, so that one failure does not affect the others.
  await fetchQuery("SharedSearchCreateSearchContextForSearchQuery", hashes.context, {}).catch(showError);
  await showMonth().catch(showError);
  await showFlights().catch(showError);
}

function showError(error) {
  status.textContent = `We could not complete your search: ${error.message}`;
}

main();
