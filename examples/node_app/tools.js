// What the agent may do: ask for the weather, and book a train, which can be sold out.
import { setTimeout as pause } from 'node:timers/promises';
import { SpanKind } from '@opentelemetry/api';
import { inSpan } from './spans.js';

class SoldOutError extends Error {
  name = 'SoldOutError';
}

async function get_weather({ city, days }) {
  return inSpan('GET /forecast', { kind: SpanKind.CLIENT }, async (span) => {
    span.addEvent('cache.miss', { 'cache.key': `forecast:${city}`, 'cache.size': 128 });
    await pause(5);
    // One of each kind that OpenTelemetry's attributes can be.
    span.setAttributes({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'forecast.days': days,
      'forecast.sunny': true,
      'forecast.rain_mm': 0.5,
      'forecast.celsius': [24, 26],
      'forecast.humidity': [0.4, 0.35],
      'forecast.windy': [false, true],
      'forecast.stations': ['Lisboa', 'Cascais'],
    });
    return { sky: 'sunny', celsius: 24 };
  });
}

async function book_train({ hour }) {
  await pause(10);
  if (hour < 10) throw new SoldOutError(`the train at ${hour}:00 is sold out`);
  return { booked: true, leaves: `${hour}:00` };
}

export const TOOLS = { get_weather, book_train };
