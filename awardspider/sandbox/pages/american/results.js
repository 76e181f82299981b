// The day's flights and the week come with the page, in its state; the month of the day is asked for by fetch.
// The page may stand under a prefix (/www.aa.com/booking/...), so the address starts with what comes before /booking/.
const prefix = location.pathname.split("/booking/")[0];
const state = JSON.parse(document.getElementById("ng-state").textContent);
const data = Object.values(state).map((entry) => entry?.b?.SearchData).find(Boolean);
const status = document.getElementById("status");

function thousands(points) {
  return `${(Number(points) / 1000).toFixed(1)}k`;
}

function showWeek(days) {
  const week = document.getElementById("week");
  for (const day of days) {
    element("span", `${day.date.slice(5)} ${day.awardPointsTotal ? thousands(day.awardPointsTotal) : "none"}`, week);
  }
}

function showFlights(result) {
  const list = document.getElementById("flights");
  for (const slice of result.slices) {
    const item = element("li", "", list);
    const leaves = slice.departureDateTime.slice(11, 16);
    const arrives = slice.arrivalDateTime.slice(11, 16);
    element("p", `${leaves} ${slice.origin.code} to ${arrives} ${slice.destination.code}`, item);
    const legs = slice.segments.map((one) => `${one.flight.carrierCode} ${one.flight.flightNumber} ${one.origin.code}-${one.destination.code}`);
    element("p", legs.join(", "), item, "legs");
    const prices = element("div", "", item, "prices");
    for (const price of slice.pricingDetail.filter((one) => one.productAvailable)) {
      const taxes = price.perPassengerTaxesAndFees.amount.toFixed(2);
      const text = `${price.productType.replace("_", " ").toLowerCase()}: ${thousands(price.perPassengerAwardPoints)} + $${taxes}`;
      element("span", text, prices, price.webSpecial ? "special" : "");
    }
  }
  status.textContent = result.slices.length ? `${result.slices.length} results` : "We could not find any flights.";
}

async function showMonth(request) {
  const response = await fetch(`${prefix}/booking/api/search/calendar`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept": "application/json" },
    body: JSON.stringify(request),
  });
  if (!response.ok) return;
  const { calendarMonths = [] } = await response.json();
  const days = calendarMonths.flatMap((month) => month.weeks).flatMap((week) => week.days);
  const month = document.getElementById("month");
  for (const day of days.filter((one) => one.validDay)) {
    const points = day.solution?.perPassengerAwardPoints;
    element("span", `${day.dayOfMonth}: ${points ? thousands(points) : "none"}`, month);
  }
}

if (data.message) {
  status.textContent = data.message;
} else {
  const [trip] = data.searchRequest.slices;
  document.getElementById("route").textContent = `${trip.origin} to ${trip.destination}, ${trip.departureDate}`;
  showWeek(data.weeklyResult.days);
  showFlights(data.itineraryResult);
  showMonth(data.searchRequest);
}
