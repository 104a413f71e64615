import { Button, Group, Modal, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ArrowUpRight } from "lucide-react";
import { useRef, useState } from "react";
import { type Schemas, type TicketDetail, api, client } from "~/api/client";
import { useMayAct, useUser } from "~/api/session";
import { showDone, showProblem } from "~/components/toast";
import classes from "./ticket.module.css";

type Escalation = Schemas["EscalationLine"];
type Answer = "accept" | "decline" | "resolve";

const UNDER_WAY = { status: ["PENDING", "ACCEPTED"], limit: 100 };
const DONE: Record<Answer, string> = { accept: "accepted", decline: "declined", resolve: "resolved" };

/** An escalation of the ticket that waits for somebody, or that somebody has taken. */
export function EscalationBar({ ticket }: { ticket: TicketDetail }) {
  const list = api.useQuery("get", "/api/escalations", { params: { query: UNDER_WAY } }, { staleTime: 60_000 });
  const here = list.data?.items.filter((one) => one.ticket?.id === ticket.id) ?? [];
  return here.map((escalation) => <Bar key={escalation.id} escalation={escalation} />);
}

function Bar({ escalation }: { escalation: Escalation }) {
  const mayAct = useMayAct();
  const userId = useUser()?.id;
  const queries = useQueryClient();
  const underWay = useRef(false);
  const [busy, setBusy] = useState<Answer | null>(null);
  const [declining, setDeclining] = useState(false);
  const pending = escalation.status === "PENDING";
  const answer = async (how: Answer, reason = "") => {
    if (underWay.current) return;
    underWay.current = true;
    setBusy(how);
    try {
      await send(escalation.id, how, reason);
      setDeclining(false);
      showDone(`The escalation is ${DONE[how]}`);
    } catch (error) {
      showProblem(`The escalation was not ${DONE[how]}`, error);
    } finally {
      underWay.current = false;
      setBusy(null);
      void queries.invalidateQueries({ queryKey: ["get"] });
    }
  };
  const to = escalation.toAgent ? ` to ${escalation.toAgent.name}` : "";
  const taker = escalation.acceptedBy;
  const taken = taker ? (taker.id === userId ? "You took it." : `${taker.name} took it.`) : "";
  return (
    <section className={classes.escalation} aria-label="Escalation">
      <p className={classes.escalationText}>
        <ArrowUpRight size={14} aria-hidden />
        <span>
          <b>
            Escalated{to}, level {escalation.level}.
          </b>{" "}
          {escalation.reason} {taken}
        </span>
      </p>
      {mayAct && (
        <span className={classes.actions}>
          {pending && (
            <>
              <Button size="compact-sm" loading={busy === "accept"} onClick={() => void answer("accept")}>
                Accept
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setDeclining(true)}>
                Decline…
              </Button>
            </>
          )}
          {!pending && (
            <Button
              size="compact-sm"
              variant="default"
              loading={busy === "resolve"}
              onClick={() => void answer("resolve")}
            >
              Mark as resolved
            </Button>
          )}
        </span>
      )}
      {declining && (
        <Decline
          busy={busy !== null}
          onClose={() => setDeclining(false)}
          onDecline={(reason) => void answer("decline", reason)}
        />
      )}
    </section>
  );
}

function send(id: string, how: Answer, reason: string) {
  const params = { path: { id } };
  switch (how) {
    case "accept":
      return client.POST("/api/escalations/{id}/accept", { params, body: {} });
    case "decline":
      return client.POST("/api/escalations/{id}/decline", { params, body: { reason } });
    case "resolve":
      return client.POST("/api/escalations/{id}/resolve", { params, body: {} });
  }
}

interface DeclineProps {
  busy: boolean;
  onClose: () => void;
  onDecline: (reason: string) => void;
}

function Decline({ busy, onClose, onDecline }: DeclineProps) {
  const [reason, setReason] = useState("");
  return (
    <Modal opened onClose={onClose} title="Decline the escalation" closeButtonProps={{ "aria-label": "Close" }}>
      <Textarea
        data-autofocus
        label="Reason"
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button loading={busy} disabled={reason.trim() === ""} onClick={() => onDecline(reason.trim())}>
          Decline
        </Button>
      </Group>
    </Modal>
  );
}
