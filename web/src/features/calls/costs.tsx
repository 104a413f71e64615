import { toolName } from "~/lib/calls";
import classes from "./calls.module.css";
import { dollars, spentBy } from "./figures";
import type { CallDetail } from "./use-call-list";

/** What a call cost, by model and by carrier. */
export function Costs({ call }: { call: CallDetail }) {
  const spent = spentBy(call.usage);
  const estimated = call.carrierCharges.some(({ isEstimate }) => isEstimate);
  return (
    <>
      <table className={classes.table} aria-label="Cost by model">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Tokens in</th>
            <th scope="col">Out</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {spent.map((one) => (
            <tr key={`${one.model}${one.purpose}`}>
              <th scope="row">
                {one.model}
                <span className={classes.sub}>
                  {toolName(one.purpose)} · {one.requests}×{one.failed > 0 && ` · ${String(one.failed)} failed`}
                  {one.audioTokens > 0 && ` · ${one.audioTokens.toLocaleString("en")} of sound`}
                </span>
              </th>
              <td title={`${one.cachedTokens.toLocaleString("en")} of them cached`}>
                {one.inputTokens.toLocaleString("en")}
              </td>
              <td>{one.outputTokens.toLocaleString("en")}</td>
              <td>{dollars(one.costUsd)}</td>
            </tr>
          ))}
          {call.carrierCharges.map((charge) => (
            <tr key={charge.kind}>
              <th scope="row">
                {toolName(charge.kind)}
                <span className={classes.sub}>
                  {charge.quantity} {charge.unit} of the carrier{charge.isEstimate && " · estimate"}
                </span>
              </th>
              <td />
              <td />
              <td>{dollars(charge.priceUsd)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <td />
            <td />
            <td>{dollars(call.modelCostUsd + call.telephonyCostUsd)}</td>
          </tr>
        </tfoot>
      </table>
      {estimated && (
        <p className={classes.none}>The carrier has not told its price yet; until then it is an estimate.</p>
      )}
    </>
  );
}
