// The page loads the script with the gateway's key, then fetches the day's flights or the month. The page can have a
// prefix (/www.southwest.com/air/...), which also precedes the addresses that it fetches.
const prefix = location.pathname.split("/air/")[0];
const api = `${prefix}/api/air-booking/v1/air-booking/page/air`;
const query = new URLSearchParams(location.search);
const status = document.getElementById("status");
const list = document.getElementById("results");

function loadKey() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${prefix}/swa-ui/bootstrap/air-booking/1/data.js`;
    script.onload = () => resolve(window.swaBootstrap.apiKeys["air-booking"]);
    script.onerror = () => reject(new Error("We could not load the page."));
    document.head.append(script);
  });
}

function body(extra) {
  const value = (name, otherwise = "") => query.get(name) || otherwise;
  return {
    adultPassengersCount: value("adultPassengersCount", "1"),
    departureDate: value("departureDate"),
    destinationAirportCode: value("destinationAirportCode"),
    lapInfantPassengersCount: "0",
    originationAirportCode: value("originationAirportCode"),
    passengerType: "ADULT",
    promoCode: "",
    returnAirportCode: "",
    returnDate: "",
    tripType: value("tripType", "oneway"),
    ...extra,
  };
}

async function post(path, extra, key) {
  const response = await fetch(`${api}${path}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Accept": "application/json",
      "x-api-key": key,
      "x-channel-id": "southwest",
      "x-user-experience-id": crypto.randomUUID ? crypto.randomUUID() : String(Math.random()),
      "ee30zvqlwf-a": "sandbox",
    },
    body: JSON.stringify(body(extra)),
  });
  const data = await response.json();
  if (!response.ok) throw new Error(`code ${data.code}`);
  if (!data.success) {
    const { formErrors, fieldErrors } = data.notifications;
    throw new Error([...formErrors, ...fieldErrors].map((error) => error.code).join(", "));
  }
  return data.data.searchResults;
}

function price(fare) {
  const points = Number(fare.totalFare.value).toLocaleString("en-US");
  return `${points} points + $${fare.totalTaxesAndFees.value}`;
}

function showFlights(results) {
  for (const detail of results.airProducts[0].details) {
    const item = element("li", "", list, "flight");
    element("p", `${detail.departureTime} ${detail.originationAirportCode} to ${detail.arrivalTime} ${detail.destinationAirportCode}`, item);
    const legs = detail.segments.flatMap((segment) => segment.stopsDetails);
    element("p", legs.map((leg) => `WN ${leg.flightNumber} ${leg.originationAirportCode}-${leg.destinationAirportCode}`).join(", "), item, "legs");
    const prices = element("div", "", item, "prices");
    for (const [name, product] of Object.entries((detail.fareProducts || { ADULT: {} }).ADULT)) {
      element("span", `${name}: ${product.fare ? price(product.fare) : "Unavailable"}`, prices);
    }
  }
}

function showMonth(results) {
  list.className = "days";
  for (const day of results[0].lowFareCalendarDays) {
    const item = element("li", "", list);
    element("b", day.date.slice(5), item);
    item.append(day.fares.WGARED ? price(day.fares.WGARED) : "–");
  }
}

async function main() {
  document.getElementById("route").textContent = `${query.get("originationAirportCode")} to ${query.get("destinationAirportCode")}, ${query.get("departureDate")}`;
  try {
    const key = await loadKey();
    if (document.body.dataset.search === "calendar") {
      const first = query.get("departureDate");
      showMonth(await post("/low-fare-calendar/select-dates", { currencyCode: query.get("currencyCode") || "USD", selectedFlight1: first, selectedFlight2: "" }, key));
    } else {
      const extra = { adultsCount: query.get("adultPassengersCount") || "1", departureTimeOfDay: "ALL_DAY", fareType: query.get("fareType") || "USD", returnTimeOfDay: "ALL_DAY" };
      showFlights(await post("/booking/shopping", extra, key));
    }
    status.textContent = "Prices are per traveler, one way.";
  } catch (error) {
    status.textContent = `Southwest could not complete this search: ${error.message}`;
  }
}

main();
