// OpenTelemetry's Node SDK as its documentation has it. No address, key or protocol stands here:
// NodeSDK reads OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES itself.
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
// Before any other module asks for a meter: the metrics API hands out one that does nothing until then.
sdk.start();

/** Send what is still waiting. What cannot be sent is told, and does not fail the program. */
export async function shutdown() {
  try {
    await sdk.shutdown();
  } catch (error) {
    console.error(`telemetry was not sent: ${error.message}`);
  }
}
