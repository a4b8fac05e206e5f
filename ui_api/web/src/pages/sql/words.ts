// Words of ClickHouse's SQL that a query here may have.

export const KEYWORDS =
  "select from where group by order having limit offset with as distinct and or not in is null like ilike between case when then else end " +
  "join left right inner full cross any asof all on using union except intersect asc desc nulls first last over partition rows range " +
  "preceding following unbounded current row window qualify interval exists global array rollup cube totals fill step true false final cast extract";

export const TYPES =
  "string fixedstring bool boolean uuid date date32 datetime datetime64 int8 int16 int32 int64 int128 int256 uint8 uint16 uint32 uint64 uint128 " +
  "uint256 float32 float64 decimal array map tuple nullable lowcardinality";
