// The page loads the script with the gateway's key, then asks for the day's flights or the month, with fetch.
// It may stand under a prefix (/www.southwest.com/air/...), so every address starts with what comes before /air/.
const prefix = location.pathname.split("/air/")[0];
const api = `${prefix}/api/air-booking/v1/air-booking/page/air`;
const query = new URLSearchParams(location.search);
const status = document.getElementById("status");
const list = document.getElementById("found");

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
  const asked = (name, otherwise = "") => query.get(name) || otherwise;
  return {
    adultPassengersCount: asked("adultPassengersCount", "1"),
    departureDate: asked("departureDate"),
    destinationAirportCode: asked("destinationAirportCode"),
    lapInfantPassengersCount: "0",
    originationAirportCode: asked("originationAirportCode"),
    passengerType: "ADULT",
    promoCode: "",
    returnAirportCode: "",
    returnDate: "",
    tripType: asked("tripType", "oneway"),
    ...extra,
  };
}

async function ask(path, extra, key) {
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
  const answer = await response.json();
  if (!response.ok) throw new Error(`code ${answer.code}`);
  if (!answer.success) {
    const { formErrors, fieldErrors } = answer.notifications;
    throw new Error([...formErrors, ...fieldErrors].map((error) => error.code).join(", "));
  }
  return answer.data.searchResults;
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
      showMonth(await ask("/low-fare-calendar/select-dates", { currencyCode: query.get("currencyCode") || "USD", selectedFlight1: first, selectedFlight2: "" }, key));
    } else {
      const more = { adultsCount: query.get("adultPassengersCount") || "1", departureTimeOfDay: "ALL_DAY", fareType: query.get("fareType") || "USD", returnTimeOfDay: "ALL_DAY" };
      showFlights(await ask("/booking/shopping", more, key));
    }
    status.textContent = "Prices are per traveler, one way.";
  } catch (error) {
    status.textContent = `Southwest could not complete this search: ${error.message}`;
  }
}

main();
