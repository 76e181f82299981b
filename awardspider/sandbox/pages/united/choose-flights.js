// The page fetches a token, then the month (if the calendar is open) and the day's flights. The page can have a prefix
// (/www.united.com/en/us/...), which also precedes the addresses that it fetches.
const prefix = location.pathname.split("/en/us/")[0];
const query = new URLSearchParams(location.search);
const search = {
  origin: (query.get("f") || "").toUpperCase(),
  destination: (query.get("t") || "").toUpperCase(),
  date: query.get("d") || "",
  travelers: Number(query.get("px") || 1),
};
const status = document.getElementById("status");

function body(lengthOfStay) {
  const [year, month, day] = search.date.split("-");
  return {
    SearchTypeSelection: 1,
    SortType: "bestmatches",
    SortTypeDescending: false,
    Trips: [{
      Origin: search.origin, Destination: search.destination, DepartDate: search.date, Index: 1, TripIndex: 1,
      SearchRadiusMilesOrigin: 0, SearchRadiusMilesDestination: 0, DepartTimeApprox: 0,
      SearchFiltersIn: {
        FareFamily: "ECONOMY", AirportsStop: null, AirportsStopToAvoid: null,
        ShopIndicators: { IsTravelCreditsApplied: false, IsDoveFlow: true },
      },
    }],
    CabinPreferenceMain: "economy",
    CartId: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()),
    PaxInfoList: Array.from({ length: search.travelers }, () => ({ PaxType: 1 })),
    AwardTravel: query.get("at") === "1",
    NGRP: true,
    CalendarLengthOfStay: lengthOfStay,
    PetCount: 0,
    RecentSearchKey: `${search.origin}${search.destination}${month}/${day}/${year}`,
    CalendarFilters: { Filters: { PriceScheduleOptions: { Stops: 1 } } },
    Characteristics: [{ Code: "SOFT_LOGGED_IN", Value: true }, { Code: "UsePassedCartId", Value: false }],
    FareType: "mixedtoggle",
    BuildHashValue: "true",
    BBXSolutionSetIdSelected: null,
    FlexibleDaysAfter: 0,
    FlexibleDaysBefore: 0,
  };
}

async function post(name, token, lengthOfStay) {
  const response = await fetch(`${prefix}/api/flight/${name}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Accept": "application/json",
      "Accept-Language": "en-US",
      "X-Authorization-api": `bearer ${token}`,
    },
    body: JSON.stringify(body(lengthOfStay)),
  });
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  const { data } = await response.json();
  if (data.Errors.length) throw new Error(data.Errors[0].Message);
  return data;
}

function amount(prices, kind) {
  const price = prices.find(({ PricingType }) => PricingType === kind);
  return price ? price.Amount : 0;
}

function showCalendar(data) {
  const table = document.createElement("table");
  for (const week of data.Calendar.Months[0].Weeks) {
    const row = table.insertRow();
    for (const day of week.Days) {
      const cell = row.insertCell();
      if (day.DayNotInThisMonth) continue;
      element("b", day.DateValue.slice(3, 5), cell);
      const economy = day.Solutions.find(({ CabinType }) => CabinType.startsWith("MIN-ECONOMY"));
      if (economy) element("span", `${(amount(economy.Prices, "Award") / 1000).toFixed(1)}k`, cell);
    }
  }
  document.getElementById("calendar").append(table);
}

function flattenLegs(flight) {
  return [flight, ...flight.Connections.flatMap(flattenLegs)];
}

function showFlights(data) {
  const trip = data.Trips[0];
  const labels = new Map(trip.ColumnInformation.Columns.map((column) => [column.Value, `${column.DataSourceLabel} ${column.Description}`.trim()]));
  const list = document.getElementById("flights");
  for (const flight of trip.Flights) {
    const item = element("li", "", list, "flight");
    const legs = flattenLegs(flight);
    element("p", `${flight.DepartDateTime.slice(11)} ${flight.Origin} to ${legs.at(-1).DestinationDateTime.slice(11)} ${legs.at(-1).Destination}`, item);
    element("p", legs.map((leg) => `${leg.MarketingCarrier} ${leg.FlightNumber} ${leg.Origin}-${leg.Destination}`).join(", "), item, "legs");
    const prices = element("div", "", item, "prices");
    for (const product of flight.Products) {
      if (!product.Prices.length) continue;
      const shown = element("span", `${labels.get(`0-${product.ColumnId}`)}: `, prices);
      const strike = product.Context.StrikeThroughPricing;
      if (strike) element("s", `${Number(strike.ItaMiles).toLocaleString("en-US")} `, shown);
      shown.append(`${amount(product.Prices, "Award").toLocaleString("en-US")} miles + $${amount(product.Prices, "Tax").toFixed(2)}`);
    }
  }
  status.textContent = trip.Flights.length ? `${trip.Flights.length} results` : data.Warnings[0].Message;
}

function showSignInDialog() {
  const dialog = document.createElement("dialog");
  element("h2", "Continue shopping?", dialog);
  element("p", "We can show you flight results with money. You must be signed-in to see flight results with miles.", dialog);
  element("a", "Sign in", dialog).href = "../account/signin";
  status.replaceWith(dialog);
  dialog.show();
}

async function main() {
  document.getElementById("route").textContent = `${search.origin} to ${search.destination}, ${search.date}`;
  if (query.get("at") !== "1") {
    status.textContent = "The sandbox shows award flights only.";
    return;
  }
  if (document.body.dataset.signedIn !== "yes") {
    showSignInDialog();
    return;
  }
  try {
    const response = await fetch(`${prefix}/api/token/anonymous`, { headers: { Accept: "application/json" } });
    const token = (await response.json()).data.token.hash;
    if (query.get("calendar") === "1" || query.get("st") === "calendar") {
      showCalendar(await post("FetchAwardCalendar", token, -1));
    }
    showFlights(await post("FetchFlights", token, 0));
  } catch (error) {
    status.textContent = `united.com was unable to complete your request. ${error.message}`;
  }
}

main();
