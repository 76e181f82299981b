// The page fetches the day's flights, then the days around it, both from the host of the offers. If the page has a host
// as prefix (/www.delta.com/flightsearch/...), the host of the offers replaces it.
const prefix = location.pathname.split("/flightsearch/")[0];
const hosts = prefix.replace(/\/[^/]*$/, "");
const endpoint = prefix ? `${hosts}/offer-api-prd.delta.com/prd/rm-offer-gql` : "/prd/rm-offer-gql";
const search = JSON.parse(document.getElementById("search").textContent);
const status = document.getElementById("status");

const FLIGHTS = `query ($offerSearchCriteria: OfferSearchCriteriaInput!) {
  gqlSearchOffers(offerSearchCriteria: $offerSearchCriteria) {
    offerResponseId
    gqlOffersSets {
      trips {
        tripId scheduledDepartureLocalTs scheduledArrivalLocalTs originAirportCode destinationAirportCode stopCnt
        totalTripTime { dayCnt hourCnt minuteCnt }
        flightSegment {
          flightSegmentNum originAirportCode destinationAirportCode scheduledDepartureLocalTs scheduledArrivalLocalTs
          marketingCarrier { carrierCode carrierNum }
          operatingCarrier { carrierCode carrierNum carrierName }
          aircraft { fleetTypeCode subFleetTypeCode }
          aircraftTypeCode
          layover { layoverAirportCode layoverDuration { hourCnt minuteCnt } }
          flightLeg {
            legId originAirportCode destinationAirportCode redEye operatedByOwnerCarrier
            duration { dayCnt hourCnt minuteCnt }
          }
        }
      }
      additionalOfferSetProperties {
        discountInfo { discountPct discountTypeCode nonDiscountedOffersAvailable }
        promotionsInfo { promotionalCode promotionalPct }
      }
      offers {
        offerId soldOut
        additionalOfferProperties {
          offered fareType dominantSegmentBrandId soldOut unavailableForSale refundable discountAvailable
        }
        offerItems { retailItems { retailItemMetaData { fareInformation {
          brandByFlightLegs { tripId flightSegmentNum flightLegNum brandId cosCode }
          availableSeatCnt
          farePrice {
            totalFarePrice {
              currencyEquivalentPrice { roundedCurrencyAmt formattedCurrencyAmt }
              milesEquivalentPrice { mileCnt cashPlusMilesCnt cashPlusMiles }
            }
            originalTotalPrice { milesEquivalentPrice { mileCnt } }
            promotionalPrices { price { milesEquivalentPrice { mileCnt } } }
            discountsApplied {
              pct code description reason amount { milesEquivalentPrice { mileCnt discountMileCnt } }
            }
          }
        } } } }
      }
    }
    offerDataList {
      responseProperties { resultsPageNum resultsPerRequestNum pageResultCnt tripTypeText }
      pricingOptions { pricingOptionDetail { currencyCode } }
      retailItemDefinitionList { retailItemBrandId retailItemPriorityText refundable }
    }
  }
}`;
const DAYS = `query ($offerSearchCriteria: OfferSearchCriteriaInput!) {
  gqlSearchOffers(offerSearchCriteria: $offerSearchCriteria) {
    gqlOffersSets {
      itineraryDepartureDate
      offers {
        offerId
        additionalOfferProperties { offered soldOut lowestFare totalTripStopCnt discountAvailable }
        offerPricing {
          totalAmt { currencyEquivalentPrice { currencyAmt } milesEquivalentPrice { mileCnt } }
        }
      }
    }
    offerDataList {
      responseProperties { resultsPageNum resultsPerRequestNum pageResultCnt }
      pricingOptions { pricingOptionDetail { currencyCode } }
    }
  }
}`;

function isoDay() {
  const [month, day, year] = (search.departureDate || "").split("/");
  return year ? `${year}-${month}-${day}` : search.departureDate || "";
}

function variables(grid) {
  const trip = {
    departureLocalTs: `${isoDay()}T00:00:00`,
    origins: [{ airportCode: search.originCity }],
    destinations: [{ airportCode: search.destinationCity }],
  };
  if (grid) trip.calenderDateRequest = { daysBeforeCnt: 3, daysAfterCnt: 3 };
  const travelers = Number(search.paxCount || 1);
  return { offerSearchCriteria: {
    productGroups: [{ productCategoryCode: "FLIGHTS" }],
    customers: Array.from({ length: travelers }, (_, index) => ({ passengerTypeCode: "ADT", passengerId: `${index + 1}` })),
    offersCriteria: {
      showContentLinks: false, resultsPageNum: 1, resultsPerRequestNum: 20,
      preferences: {
        refundableOnly: false, showGlobalRegionalUpgradeCertificate: true, nonStopOnly: false, excludeBrandTypes: [],
      },
      pricingCriteria: { priceableIn: [search.awardTravel === "true" ? "MILES" : "CURRENCY"] },
      flightRequestCriteria: {
        currentTripIndexId: "0", sortableOptionId: null, selectedOfferId: "", searchOriginDestination: [trip],
        sortByBrandId: "MAIN", additionalCriteriaMap: { rollOutTag: "GBB" },
      },
    },
  } };
}

async function fetchOffers(grid) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/json", "Accept": "application/json", "Authorization": "GUEST",
      "applicationId": "DC", "channelId": "DCOM", "Airline": "DL",
      "x-app-type": "dcom-shop", "x-app-route": grid ? "dates" : "search",
    },
    body: JSON.stringify({ variables: variables(grid), query: grid ? DAYS : FLIGHTS }),
  });
  if (!response.ok) throw new Error(`The search ended with status ${response.status}.`);
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data.gqlSearchOffers;
}

function fare(offer) {
  return offer.offerItems[0].retailItems[0].retailItemMetaData.fareInformation[0];
}

function showFlights(results) {
  const list = document.getElementById("flights");
  for (const set of results.gqlOffersSets) {
    const [trip] = set.trips;
    const item = element("li", "", list);
    const departs = trip.scheduledDepartureLocalTs.slice(11);
    const arrives = trip.scheduledArrivalLocalTs.slice(11);
    element("p", `${departs} ${trip.originAirportCode} to ${arrives} ${trip.destinationAirportCode}`, item);
    const legs = trip.flightSegment.map((segment) => `${segment.marketingCarrier.carrierCode} ${segment.marketingCarrier.carrierNum} ${segment.originAirportCode}-${segment.destinationAirportCode}`);
    element("p", legs.join(", "), item, "legs");
    const prices = element("div", "", item, "prices");
    for (const offer of set.offers) {
      const brand = offer.additionalOfferProperties.dominantSegmentBrandId;
      const price = fare(offer).farePrice?.[0].totalFarePrice;
      const miles = price?.milesEquivalentPrice?.mileCnt;
      const text = miles ? `${miles.toLocaleString("en-US")} miles + $${price.currencyEquivalentPrice.formattedCurrencyAmt}` : "sold out";
      element("span", `${brand}: ${text}`, prices, miles ? "" : "sold-out");
    }
  }
  const { resultsPerRequestNum, pageResultCnt } = results.offerDataList.responseProperties;
  status.textContent = `${resultsPerRequestNum} results, ${pageResultCnt === 1 ? "one page" : `${pageResultCnt} pages`}`;
}

function showDays(results) {
  const days = document.getElementById("days");
  for (const set of results.gqlOffersSets) {
    const miles = set.offers[0].offerPricing?.[0].totalAmt.milesEquivalentPrice.mileCnt;
    element("span", `${set.itineraryDepartureDate.slice(5)} ${miles ? `${(miles / 1000).toFixed(1)}k` : "sold out"}`, days);
  }
}

async function main() {
  if (!search) {
    status.textContent = "Your session has ended. Please start a new search.";
    return;
  }
  document.getElementById("route").textContent = `${search.originCity} to ${search.destinationCity}, ${isoDay()}`;
  try {
    showFlights(await fetchOffers(false));
    showDays(await fetchOffers(true));
  } catch (error) {
    status.textContent = error.message;
  }
}

main();
