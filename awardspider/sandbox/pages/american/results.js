// The page's state has the day's flights and the week; the month is fetched. The page can have a prefix
// (/www.aa.com/booking/...), which also precedes the address that it fetches.
const prefix = location.pathname.split("/booking/")[0];
const state = JSON.parse(document.getElementById("ng-state").textContent);
const data = Object.values(state).map((value) => value?.b?.SearchData).find(Boolean);
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
    const departs = slice.departureDateTime.slice(11, 16);
    const arrives = slice.arrivalDateTime.slice(11, 16);
    element("p", `${departs} ${slice.origin.code} to ${arrives} ${slice.destination.code}`, item);
    const legs = slice.segments.map(({ flight, origin, destination }) => `${flight.carrierCode} ${flight.flightNumber} ${origin.code}-${destination.code}`);
    element("p", legs.join(", "), item, "legs");
    const prices = element("div", "", item, "prices");
    for (const price of slice.pricingDetail.filter(({ productAvailable }) => productAvailable)) {
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
  for (const day of days.filter(({ validDay }) => validDay)) {
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
