// The page makes a search context, then asks for the lowest price of each day of the month and for the day's flights,
// each a query that is known by its hash. It may stand under a prefix (/wwws.airfrance.us/search/...).
const prefix = location.pathname.split("/search")[0];
const query = new URLSearchParams(location.search);
const status = document.getElementById("status");
const hashes = document.body.dataset;
const context = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());

// `connections` is CDG:A:20270310>JFK:A, with C for a city; other ways to write it hold the same parts in this order.
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

async function ask(operationName, hash, variables) {
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
  const answer = await response.json();
  if (answer.errors) throw new Error(answer.errors[0].message);
  return answer.data;
}

const price = ({ amount, currencyCode }) => `${amount.toLocaleString("en-US")} ${currencyCode}`;

function monthOf(text) {
  const [year, month] = text.split("-").map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const start = text.slice(0, 8);
  return `${start}01/${start}${String(last).padStart(2, "0")}`;
}

async function showMonth() {
  const data = await ask("SharedSearchLowestFareOffersForSearchQuery", hashes.lowest, {
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
  const data = await ask("SearchResultAvailableOffersQuery", hashes.offers, {
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
  // Each part of the page asks for itself: one that fails leaves the others alone.
  await ask("SharedSearchCreateSearchContextForSearchQuery", hashes.context, {}).catch(tell);
  await showMonth().catch(tell);
  await showFlights().catch(tell);
}

function tell(error) {
  status.textContent = `We could not complete your search: ${error.message}`;
}

main();
