// One way to run work in a span, so that every step ends its span and owns up to its errors.
import { SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('trip_planner', '1.0.0');

/** Run `work` in a span; what it throws is recorded on the span, and thrown on. */
export function inSpan(name, options, work) {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
}
