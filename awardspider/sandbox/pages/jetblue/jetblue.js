// The page fetches the month's best fares or a day's flights from JetBlue's other hosts. In the sandbox the host is the
// first part of the path; without a host in the page's own path, the services are found by their path alone.
const hostPrefix = location.pathname.match(/^\/(www\.)?jetblue\.com\//);
const at = (host) => (hostPrefix ? `/${host}` : "");
const query = new URLSearchParams(location.search);
const status = document.getElementById("status");
const list = document.getElementById("results");
const MONTHS = ["JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"];
const travelers = Number(query.get("adults") || 1);

async function post(address, body, headers) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function showMonth() {
  const [year, month] = (query.get("depart") || "").split("-");
  const body = {
    origin: query.get("from"), destination: query.get("to"), month: `${MONTHS[Number(month) - 1]} ${year}`,
    fareType: query.get("usePoints") === "true" ? "POINTS" : "LOWEST", tripType: "ONE_WAY",
    adult: travelers, child: 0, infant: 0, currency: "USD",
  };
  const { outboundFares } = await post(`${at("jbrest.jetblue.com")}/bff/bff-service/bestFares/`, body, {});
  list.className = "days";
  for (const fare of outboundFares) {
    const item = element("li", "", list);
    element("b", fare.date.slice(5), item);
    item.append(`${fare.amount.toLocaleString("en-US")} pts + $${fare.tax.toFixed(2)}`);
  }
  return outboundFares.length;
}

function showItinerary(product) {
  const [part] = product.originAndDestination;
  const item = element("li", "", list, "flight");
  element("p", `${part.departure.date.slice(11, 16)} ${part.departure.airport} to ${part.arrival.date.slice(11, 16)} ${part.arrival.airport}`, item);
  element("p", part.flightSegments.map((leg) => `${leg.flightInfo.marketingAirlineCode} ${leg.flightInfo.marketingFlightNumber} ${leg.departure.airport}-${leg.arrival.airport}`).join(", "), item, "legs");
  const prices = element("div", "", item, "prices");
  for (const offer of product.offers) {
    const amount = (currency) => offer.price.find((price) => price.currency === currency).amount;
    const text = offer.soldOut ? "sold out" : `${amount("FFCURRENCY").toLocaleString("en-US")} pts + $${amount("USD").toFixed(2)}`;
    element("span", `${offer.brand.brandId}: ${text}`, prices);
  }
}

async function showFlights() {
  const body = {
    awardBooking: query.get("usePoints") === "true",
    travelerTypes: [{ type: "ADULT", quantity: travelers }],
    searchComponents: [{ from: query.get("from"), to: query.get("to"), date: query.get("depart") }],
  };
  const headers = { "Application-Channel": "Desktop_Web", "ocp-apim-subscription-key": window.__ENV_CONFIG_RWB.crystalBlueSubscriptionKey };
  const { data } = await post(`${at("cb-api.jetblue.com")}/cb-flight-search/v1/search/NGB`, body, headers);
  const products = data.searchResults[0].productOffers;
  products.forEach(showItinerary);
  return products.length;
}

async function main() {
  if (!query.get("from")) {
    status.textContent = query.get("nff") === "true" ? "No flights found. Try another day." : "Choose a route.";
    return;
  }
  document.getElementById("route").textContent = `${query.get("from")} to ${query.get("to")}, ${query.get("depart")}`;
  const month = document.body.dataset.search === "best-fares";
  try {
    const count = await (month ? showMonth() : showFlights());
    status.textContent = count ? "Points per traveler, one way." : "No flights found.";
    if (!count && !month) location.replace(`${at("www.jetblue.com")}/best-fare-finder?nff=true`);
  } catch (error) {
    status.textContent = `JetBlue could not complete this search: ${error.message}`;
  }
}

main();
