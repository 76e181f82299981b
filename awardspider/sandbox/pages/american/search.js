// The booking link has the search in its query. The page submits it as a form, as the booking application does.
const query = new URLSearchParams(location.search);

function trip() {
  try {
    const slice = JSON.parse(query.get("slices"))[0];
    return {
      allCarriers: true, cabin: query.get("cabin") || "", departureDate: slice.date, destination: slice.dest,
      destinationNearbyAirports: Boolean(slice.destNearby), maxStops: null, origin: slice.orig,
      originNearbyAirports: Boolean(slice.origNearby),
    };
  } catch {
    return {};
  }
}

const form = document.getElementById("search");
form.elements.searchRequest.value = JSON.stringify({
  metadata: { selectedProducts: [], tripType: query.get("type") || "OneWay", udo: {} },
  passengers: [{ type: "adult", count: Number(query.get("adult") || query.get("pax") || 1) }],
  requestHeader: { clientId: "AAcom" },
  slices: [trip()],
  tripOptions: {
    corporateBooking: false, fareType: "Lowest", locale: query.get("locale") || "en_US", pointOfSale: null,
    searchType: query.get("searchType") || "Award", enableBenefits: true,
  },
  loyaltyInfo: null,
  version: "",
  queryParams: { sliceIndex: 0, sessionId: "", solutionSet: "", solutionId: "" },
});
form.submit();
