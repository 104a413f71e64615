import { Alert, Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { Mic, PhoneCall, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useMayAct } from "~/api/session";
import { Page } from "~/components/page";
import { Refusal } from "~/components/refusal";
import { type Named, RemoteChoice } from "~/components/remote-choice";
import { hasSpeech } from "~/lib/speech";
import type { AudioCall } from "./audio-call";
import classes from "./call-now.module.css";
import { openStream } from "./stream";
import { Talk } from "./talk";
import { TextCall } from "./text-call";

type Mode = "text" | "audio";
export type Placed = { id: string } & ({ mode: "text"; call: TextCall } | { mode: "audio"; call: AudioCall });

const ABOUT = "Talk to the voice agents from here, as a caller would: to try them, or in a customer's place.";

async function contacts(q: string | undefined, signal: AbortSignal): Promise<Named[]> {
  const { data } = await client.GET("/api/contacts", { params: { query: { q, limit: 30, sort: "name" } }, signal });
  return (data?.items ?? []).map(({ id, name, phone }) => ({ id, name, hint: phone }));
}

/** A call from the browser: by text always, by microphone when a model that speaks is set up. */
export function CallNow() {
  const mayAct = useMayAct();
  const [placed, setPlaced] = useState<Placed | null>(null);
  const held = useRef<Placed | null>(null);
  // Whoever leaves the page has hung up.
  useEffect(() => () => held.current?.call.hangUp(), []);
  const take = (next: Placed | null) => {
    held.current = next;
    setPlaced(next);
  };
  return (
    <Page title="Call now" about={ABOUT} narrow>
      {!mayAct ? (
        <Text size="sm">Agents and administrators may call. You may watch calls on the live wall.</Text>
      ) : placed ? (
        <Talk key={placed.id} placed={placed} onAgain={() => take(null)} />
      ) : (
        <Begin onPlaced={take} />
      )}
    </Page>
  );
}

function Begin({ onPlaced }: { onPlaced: (placed: Placed) => void }) {
  const [mode, setMode] = useState<Mode>("text");
  const [contactId, setContactId] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isSilent = mode === "audio" && !hasSpeech();
  const begin = async () => {
    if (busy || isSilent) return;
    setBusy(true);
    setProblem(null);
    try {
      onPlaced(await place(mode, contactId));
    } catch (error) {
      setProblem(Problem.of(error));
      setBusy(false);
    }
  };
  const wrong = problem?.byField() ?? {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <Stack gap="md" maw={420}>
        <SegmentedControl
          aria-label="How to talk"
          value={mode}
          onChange={(value) => setMode(value as Mode)}
          data={[
            { value: "text", label: "By text" },
            { value: "audio", label: "By microphone" },
          ]}
        />
        {isSilent && (
          <Alert color="yellow" icon={<TriangleAlert size={16} aria-hidden />} title="No model that speaks is set up">
            An operator sets OPENAI_API_KEY, or OPENAI_REALTIME_URL for a server of your own, and starts Patchcord
            again. Calls by text work without.
          </Alert>
        )}
        <RemoteChoice
          label="Speak as"
          description="The agents take it as a claim, as if the call came from that person's number."
          placeholder="Nobody they know"
          among={["contacts"]}
          load={contacts}
          value={contactId}
          onChange={setContactId}
          error={wrong.contactId}
        />
        <Refusal problem={problem && !wrong.contactId ? problem : null} />
        <Button
          type="submit"
          size="sm"
          loading={busy}
          disabled={isSilent}
          leftSection={mode === "text" ? <PhoneCall size={14} aria-hidden /> : <Mic size={14} aria-hidden />}
          className={classes.begin}
        >
          Call
        </Button>
        <Text size="xs" c="dimmed">
          It is a call like any other: it is on the live wall while it lasts and in the history afterwards, and the
          agents may file a ticket.
        </Text>
      </Stack>
    </form>
  );
}

/** Places a call. The microphone is asked for first: the token is good for a minute only. */
async function place(mode: Mode, contactId: string): Promise<Placed> {
  const sound = mode === "audio" ? await import("./audio-call") : null;
  const headset = await sound?.putOnHeadset();
  try {
    const { data } = await client.POST("/api/calls", { body: { mode, ...(contactId && { contactId }) } });
    // Failures are thrown by the client.
    if (!data) throw new Error("The server gave no call.");
    const { callId: id, token } = data;
    const socket = openStream(id, token);
    if (sound && headset) return { id, mode: "audio", call: new sound.AudioCall(id, socket, headset) };
    return { id, mode: "text", call: new TextCall(id, socket) };
  } catch (error) {
    if (sound && headset) sound.takeOff(headset);
    throw error;
  }
}
