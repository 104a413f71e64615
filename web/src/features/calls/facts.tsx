import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Dot } from "~/components/dot";
import { Age } from "~/components/time";
import { ENGINES, MOODS, OUTCOMES, clock, colorOf, labelOf } from "~/lib/calls";
import { languageName } from "~/lib/language";
import { capital } from "~/lib/text";
import { duration } from "~/lib/time";
import classes from "./calls.module.css";
import { Costs } from "./costs";
import { answersOf, lengthOf, median, moodsOf } from "./figures";
import { Mood } from "./mood";
import type { CallDetail } from "./use-call-list";

const BELIEVED: Record<string, string> = {
  VERIFIED: "Verified",
  CLAIMED: "Claimed, not verified",
  NONE: "Not identified",
};
const BY: Record<string, string> = { U_E_CODE: "U-E code", PHONE: "Phone number", BOTH: "Code and phone number" };
const PROVIDERS: Record<string, string> = { TWILIO: "Telephone", SIMULATOR: "Simulated", BROWSER: "From the browser" };

/** Everything that is known around a call. */
export function CallFacts({ call }: { call: CallDetail }) {
  const { analysis, contact, organization, device, ticket } = call;
  const length = lengthOf(call.turns, call.durationSeconds);
  return (
    <div className={classes.facts} role="region" aria-label="About the call" tabIndex={0}>
      {call.summary && (
        <Part title="Summary">
          <p className={classes.summary}>{call.summary}</p>
        </Part>
      )}
      <Part title="What came of it">
        <dl className={classes.list}>
          <Fact name="Outcome">
            <Dot color={colorOf(OUTCOMES, call.aiResolution)}>{labelOf(OUTCOMES, call.aiResolution)}</Dot>
          </Fact>
          <Fact name="Ticket">
            {ticket && (
              <Link to="/tickets/$ticket" params={{ ticket: ticket.label }} className={classes.link}>
                {ticket.label} · {ticket.subject}
              </Link>
            )}
          </Fact>
          <Fact name="Handed over">{call.wasEscalated && "To a person"}</Fact>
          <Fact name="Mood">
            {call.sentiment && <Dot color={colorOf(MOODS, call.sentiment)}>{labelOf(MOODS, call.sentiment)}</Dot>}
          </Fact>
          <Fact name="Intent">{analysis && capital(analysis.intent)}</Fact>
          <Fact name="Topics">{analysis?.topics.map(capital).join(", ")}</Fact>
          <Fact name="Language">{analysis?.language && languageName(analysis.language)}</Fact>
          <Fact name="Remarks">
            {analysis?.qualityFlags.map((flag) => capital(flag.replace(/_/g, " "))).join(", ")}
          </Fact>
          <Fact name="Analyzed by">{analysis?.model}</Fact>
        </dl>
      </Part>
      <Part title="Mood over the call">
        <Mood moods={moodsOf(call.turns)} length={length} />
      </Part>
      <Part title="Customer">
        <dl className={classes.list}>
          <Fact name="Contact">
            {contact && (
              <Link to="/contacts/$contact" params={{ contact: contact.id }} className={classes.link}>
                {contact.name}
              </Link>
            )}
          </Fact>
          <Fact name="Organization">
            {organization && (
              <Link
                to="/organizations/$organization"
                params={{ organization: organization.id }}
                className={classes.link}
              >
                {organization.name}
              </Link>
            )}
          </Fact>
          <Fact name="Device">
            {device && (
              <Link to="/devices/$device" params={{ device: device.id }} className={classes.link}>
                {device.name}
              </Link>
            )}
          </Fact>
          <Fact name="Number">{call.callerPhone ?? (call.provider === "BROWSER" ? null : call.fromNumber)}</Fact>
          <Fact name="Identity">{BELIEVED[call.verification] ?? call.verification}</Fact>
          <Fact name="Known by">{BY[call.identifiedBy]}</Fact>
        </dl>
      </Part>
      <Part title="Call">
        <dl className={classes.list}>
          <Fact name="Began">
            <Age at={call.startedAt} />
          </Fact>
          <Fact name="Lasted">{call.durationSeconds !== null && clock(call.durationSeconds * 1_000)}</Fact>
          <Fact name="Called number">{call.toNumber}</Fact>
          <Fact name="Came by">{PROVIDERS[call.provider] ?? call.provider}</Fact>
          <Fact name="Engine">{labelOf(ENGINES, call.engine)}</Fact>
          <Fact name="Model">{call.model}</Fact>
          <Fact name="First sound">{call.firstSoundMs !== null && `after ${duration(call.firstSoundMs)}`}</Fact>
          <Fact name="Interruptions">{String(call.interruptions)}</Fact>
          <Fact name="Line">{line(call)}</Fact>
          <Fact name="Taken up again">{call.resumeCount > 0 && `${String(call.resumeCount)}×`}</Fact>
        </dl>
      </Part>
      <Part title="Response times">
        <Answers call={call} />
      </Part>
      <Part title="Tokens and cost">
        <Costs call={call} />
      </Part>
    </div>
  );
}

function line({ framesLate, framesLost, bridgeAddedMs }: CallDetail): string | null {
  if (bridgeAddedMs === null) return null;
  return `${String(framesLate)} late, ${String(framesLost)} lost, ${String(bridgeAddedMs)} ms added`;
}

/** How long the caller waited for each answer. */
function Answers({ call }: { call: CallDetail }) {
  const answers = answersOf(call.turns);
  const middle = median(answers.map(({ responseMs }) => responseMs));
  if (middle === null) return <p className={classes.none}>No answer was timed.</p>;
  const slowest = answers.reduce((most, one) => (one.responseMs > most.responseMs ? one : most));
  return (
    <>
      <p className={classes.summary}>
        Half of {answers.length} answers came within {duration(middle)}, the slowest after{" "}
        {duration(slowest.responseMs)} at {clock(slowest.startedMs)}.
      </p>
      <details className={classes.numbers}>
        <summary>Numbers</summary>
        <table aria-label="Response times">
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">After</th>
              <th scope="col">Answer</th>
            </tr>
          </thead>
          <tbody>
            {answers.map(({ seq, startedMs, responseMs, text }) => (
              <tr key={seq}>
                <th scope="row">{clock(startedMs)}</th>
                <td>{duration(responseMs)}</td>
                <td className={classes.words}>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.part} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Left out when there is nothing to tell. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
