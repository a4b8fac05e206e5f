"""The functions that a query may call.

A list of what is allowed, and not of what is forbidden, because every release of the engine brings
new ones, and among those that it has are `file`, `dictGet`, `getSetting`, `hostName` and `sleep`.
Left out besides: what takes quadratic time in one row, which the engine cannot interrupt
(`editDistance`, `arrayFold`); what makes large values from small ones (`repeat`,
`arrayResize`, `replicate`); states of aggregates, whose bytes could be forged; and what
tells of the machine, the server or the query.
"""

from __future__ import annotations

_ORDINARY = """
    plus minus multiply divide intDiv intDivOrZero modulo moduloOrZero positiveModulo negate abs
    sign gcd lcm max2 min2 greatest least clamp isFinite isInfinite isNaN ifNotFinite round
    roundBankers floor ceil trunc truncate ceiling roundToExp2 roundDown exp exp2 exp10 log ln log2
    log10 log1p sqrt cbrt pow power sigmoid hypot erf erfc sin cos tan asin acos atan atan2 sinh
    cosh tanh pi e degrees radians widthBucket bitAnd bitOr bitXor bitNot bitShiftLeft
    bitShiftRight bitCount bitTest bitHammingDistance

    equals notEquals less greater lessOrEquals greaterOrEquals isDistinctFrom isNotDistinctFrom and
    or xor not if multiIf isNull isNotNull isZeroOrNull coalesce ifNull nullIf assumeNotNull
    toNullable firstNonDefault empty notEmpty identity materialize transform toTypeName

    toInt8 toInt16 toInt32 toInt64 toInt128 toInt256 toUInt8 toUInt16 toUInt32 toUInt64 toUInt128
    toUInt256 toFloat32 toFloat64 toBool toString toFixedString toLowCardinality toUUID
    toInt8OrNull toInt16OrNull toInt32OrNull toInt64OrNull toUInt8OrNull toUInt16OrNull
    toUInt32OrNull toUInt64OrNull toFloat32OrNull toFloat64OrNull toUUIDOrNull toInt8OrZero
    toInt16OrZero toInt32OrZero toInt64OrZero toUInt8OrZero toUInt16OrZero toUInt32OrZero
    toUInt64OrZero toFloat32OrZero toFloat64OrZero toDecimal32 toDecimal64 toDecimal128
    toDecimal32OrNull toDecimal64OrNull toDecimal128OrNull toDecimal32OrZero toDecimal64OrZero
    toDecimal128OrZero toDecimalString toDate toDate32 toDateTime toDateTime64 toDateOrNull
    toDate32OrNull toDateTimeOrNull toDateTime64OrNull toDateOrZero toDateTimeOrZero
    toDateTime64OrZero parseDateTime parseDateTimeOrNull parseDateTimeOrZero
    parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero
    parseDateTime64BestEffort parseDateTime64BestEffortOrNull parseDateTime64BestEffortOrZero
    toIPv4 toIPv6 toIPv4OrNull toIPv6OrNull IPv4NumToString IPv4StringToNum isIPv4String
    isIPv6String isIPAddressInRange toUnixTimestamp toUnixTimestamp64Second toUnixTimestamp64Milli
    toUnixTimestamp64Micro toUnixTimestamp64Nano fromUnixTimestamp fromUnixTimestamp64Second
    fromUnixTimestamp64Milli fromUnixTimestamp64Micro fromUnixTimestamp64Nano toIntervalNanosecond
    toIntervalMicrosecond toIntervalMillisecond toIntervalSecond toIntervalMinute toIntervalHour
    toIntervalDay toIntervalWeek toIntervalMonth toIntervalQuarter toIntervalYear

    now now64 today yesterday toYear toQuarter toMonth toWeek toISOWeek toISOYear toYearWeek
    toDayOfYear toDayOfMonth toDayOfWeek toHour toMinute toSecond toMillisecond toMonday
    toStartOfYear toStartOfISOYear toStartOfQuarter toStartOfMonth toStartOfWeek toStartOfDay
    toStartOfHour toStartOfFifteenMinutes toStartOfTenMinutes toStartOfFiveMinutes toStartOfMinute
    toStartOfSecond toStartOfMillisecond toStartOfInterval toLastDayOfMonth toLastDayOfWeek
    toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toTime toTimezone timezoneOf timezoneOffset toUTCTimestamp
    fromUTCTimestamp timeSlot timeSlots dateDiff date_diff age dateTrunc date_trunc dateName
    monthName formatDateTime addNanoseconds addMicroseconds addMilliseconds addSeconds addMinutes
    addHours addDays addWeeks addMonths addQuarters addYears subtractNanoseconds
    subtractMicroseconds subtractMilliseconds subtractSeconds subtractMinutes subtractHours
    subtractDays subtractWeeks subtractMonths subtractQuarters subtractYears addInterval
    subtractInterval makeDate makeDateTime makeDateTime64 toRelativeDayNum toRelativeHourNum
    toRelativeMinuteNum toRelativeSecondNum toRelativeWeekNum toRelativeMonthNum

    length lengthUTF8 char_length upper lower upperUTF8 lowerUTF8 lcase ucase reverse reverseUTF8
    concat concatWithSeparator concat_ws substring substr mid substringUTF8 substringIndex left
    right leftUTF8 rightUTF8 leftPad rightPad lpad rpad trimLeft trimRight trimBoth ltrim rtrim
    initcap startsWith endsWith startsWithUTF8 endsWithUTF8 position positionCaseInsensitive
    positionUTF8 locate instr like ilike notLike notILike match extract extractAll extractGroups
    extractAllGroups extractAllGroupsHorizontal extractAllGroupsVertical regexpExtract
    countSubstrings countMatches countMatchesCaseInsensitive countSubstringsCaseInsensitive
    hasToken hasTokenCaseInsensitive multiSearchAny multiSearchAnyCaseInsensitive
    multiSearchFirstIndex multiSearchFirstPosition multiSearchAllPositions replace replaceAll
    replaceOne replaceRegexpAll replaceRegexpOne translate regexpQuoteMeta splitByChar
    splitByString splitByRegexp splitByWhitespace splitByNonAlpha alphaTokens tokens
    arrayStringConcat format ascii char isValidUTF8 toValidUTF8 firstLine basename hex unhex bin
    unbin base64Encode base64Decode tryBase64Decode encodeURLComponent decodeURLComponent domain
    domainWithoutWWW protocol path pathFull port queryString fragment cutQueryString cutFragment
    cutToFirstSignificantSubdomain extractURLParameter extractURLParameters topLevelDomain
    formatReadableSize formatReadableDecimalSize formatReadableQuantity formatReadableTimeDelta bar

    cityHash64 sipHash64 sipHash128 xxHash32 xxHash64 xxh3 farmHash64 murmurHash3_32 murmurHash3_64
    murmurHash3_128 intHash32 intHash64 MD5 SHA1 SHA256 CRC32 halfMD5

    JSONHas JSONLength JSONKey JSONType JSONExtract JSONExtractString JSONExtractInt
    JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractRaw JSONExtractArrayRaw
    JSONExtractKeys JSONExtractKeysAndValues JSONExtractKeysAndValuesRaw JSON_VALUE JSON_QUERY
    JSON_EXISTS JSONArrayLength isValidJSON toJSONString simpleJSONHas simpleJSONExtractString
    simpleJSONExtractInt simpleJSONExtractUInt simpleJSONExtractFloat simpleJSONExtractBool
    simpleJSONExtractRaw

    array range arrayJoin arrayElement arrayElementOrNull has hasAll hasAny hasSubstr indexOf
    countEqual arrayCount arrayExists arrayAll arrayMap arrayFilter arrayFirst arrayFirstIndex
    arrayFirstOrNull arrayLast arrayLastIndex arrayLastOrNull arraySum arrayAvg arrayMin arrayMax
    arrayProduct arrayCumSum arrayCumSumNonNegative arrayDifference arrayDistinct arrayUniq
    arrayEnumerate arrayEnumerateUniq arraySort arrayReverseSort arrayPartialSort arrayReverse
    arrayConcat arraySlice arrayPushBack arrayPushFront arrayPopBack arrayPopFront arrayCompact
    arrayFlatten flatten arrayZip arraySplit arrayReverseSplit arrayFill arrayReverseFill
    arrayIntersect arrayUnion arrayExcept arrayDotProduct arrayRemove map mapKeys mapValues
    mapContains mapContainsKey mapContainsValue mapContainsKeyLike mapFilter mapApply mapExists
    mapAll mapFromArrays mapConcat mapUpdate mapSort mapReverseSort mapAdd mapSubtract
    mapExtractKeyLike tuple tupleElement tupleNames tupleConcat tuplePlus tupleMinus dotProduct
    L1Distance L2Distance cosineDistance grouping rowNumberInAllBlocks minSampleSizeConversion
    minSampleSizeContinuous proportionsZTest
"""

# Of aggregates, and each with the combinators below behind it.
_AGGREGATES = """
    count sum sumKahan sumWithOverflow sumCount min max avg avgWeighted any any_value anyLast
    anyHeavy first_value last_value argMin argMax uniq uniqExact uniqCombined uniqCombined64
    uniqHLL12 uniqUpTo median quantile quantiles medianExact quantileExact quantilesExact
    quantileExactLow quantilesExactLow quantileExactHigh quantilesExactHigh quantileExactInclusive
    quantilesExactExclusive quantileExactWeighted quantilesExactWeighted quantileTDigest
    quantilesTDigest quantileTDigestWeighted quantileTiming quantilesTiming quantileDeterministic
    quantileInterpolatedWeighted quantileBFloat16 stddevPop stddevSamp varPop varSamp covarPop
    covarSamp corr skewPop skewSamp kurtPop kurtSamp entropy simpleLinearRegression boundingRatio
    rankCorr mannWhitneyUTest studentTTest welchTTest meanZTest kolmogorovSmirnovTest cramersV
    theilsU contingency groupArray groupArrayLast groupUniqArray groupArraySample
    groupArrayInsertAt groupArrayMovingAvg groupArrayMovingSum groupConcat groupBitAnd groupBitOr
    groupBitXor sumMap minMap maxMap topK topKWeighted approx_top_sum histogram deltaSum
    deltaSumTimestamp exponentialMovingAverage exponentialTimeDecayedAvg intervalLengthSum
    maxIntersections maxIntersectionsPosition retention windowFunnel sequenceMatch sequenceCount
    sparkBar largestTriangleThreeBuckets
"""
_COMBINATORS = (
    "If",
    "Array",
    "Map",
    "ForEach",
    "Distinct",
    "OrNull",
    "OrDefault",
    "ArgMin",
    "ArgMax",
)

_OF_WINDOWS = """
    row_number rank dense_rank denseRank percent_rank percentRank cume_dist ntile nth_value lag
    lead lagInFrame leadInFrame nonNegativeDerivative
"""


def _lower(names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in names.split())


_PLAIN = _lower(_ORDINARY) | _lower(_OF_WINDOWS)
_AGGREGATED = _lower(_AGGREGATES)


def is_allowed(name: str) -> bool:
    """Whether a query may call it, in whichever case it is written."""
    asked = name.lower()
    return asked in _PLAIN or _is_aggregate(asked)


def _is_aggregate(name: str) -> bool:
    if name in _AGGREGATED:
        return True
    return any(
        name.endswith(suffix) and _is_aggregate(name.removesuffix(suffix))
        for suffix in (combinator.lower() for combinator in _COMBINATORS)
    )
