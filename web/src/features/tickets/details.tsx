import { Select, TagsInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { TicketDetail } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { Age, useNow } from "~/components/time";
import { capital } from "~/lib/text";
import { TicketCalls } from "./calls";
import { useFieldChange } from "./change";
import { SimilarTickets } from "./similar";
import { type Clock, clocks } from "./sla";
import classes from "./ticket.module.css";

/** Everything that is known around a ticket. */
export function TicketDetails({ ticket }: { ticket: TicketDetail }) {
  const { channels, categories } = useLookups();
  const { contact, organization, device } = ticket;
  const category = categories.find(({ key }) => key === ticket.category)?.label;
  const { reply, solution } = clocks(ticket, useNow());
  return (
    <>
      <Group title="Ticket">
        <Fact name="Assignee">{ticket.assignee?.name ?? "Nobody"}</Fact>
        <Fact name="Product area">
          <ProductArea ticket={ticket} />
        </Fact>
        <Fact name="Category">{category ?? (ticket.category && capital(ticket.category))}</Fact>
        <Fact name="Tags">
          <Tags ticket={ticket} />
        </Fact>
        <Fact name="Channel">{channels.find(({ key }) => key === ticket.channel)?.label ?? ticket.channel}</Fact>
        <Fact name="Opened">
          <Age at={ticket.createdAt} />
        </Fact>
        <Fact name="Opened by">{ticket.createdBy?.name}</Fact>
        {ticket.mergedIntoId && (
          <Fact name="Merged into">
            <Link to="/tickets/$ticket" params={{ ticket: ticket.mergedIntoId }} search={(search) => search}>
              The other ticket
            </Link>
          </Fact>
        )}
      </Group>
      {(reply ?? solution) && (
        <Group title="Service level">
          <Fact name="First reply">
            <ClockText clock={reply} />
          </Fact>
          <Fact name="Solution">
            <ClockText clock={solution} />
          </Fact>
        </Group>
      )}
      <Group title="Customer">
        <Fact name="Contact">
          {contact && (
            <Link to="/tickets" search={{ contactId: contact.id }} title="All tickets of this contact">
              {contact.isVip ? `${contact.name} · VIP` : contact.name}
            </Link>
          )}
        </Fact>
        <Fact name="Role">{contact?.title}</Fact>
        <Fact name="E-mail">{contact?.email && <a href={`mailto:${contact.email}`}>{contact.email}</a>}</Fact>
        <Fact name="Phone">{contact?.phone && <a href={`tel:${contact.phone}`}>{contact.phone}</a>}</Fact>
        <Fact name="Organization">
          {organization && (
            <Link to="/tickets" search={{ organizationId: organization.id }} title="All tickets of this organization">
              {organization.name}
            </Link>
          )}
        </Fact>
        <Fact name="U-E code">{organization?.ueCode}</Fact>
      </Group>
      {device && (
        <Group title="Device">
          <Fact name="Name">{device.name}</Fact>
          <Fact name="Model">{[device.manufacturer, device.model].filter(Boolean).join(" ")}</Fact>
          <Fact name="System">{device.operatingSystem}</Fact>
          <Fact name="Status">{capital(device.status.toLowerCase())}</Fact>
          <Fact name="Serial">{device.serialNumber}</Fact>
          <Fact name="Asset tag">{device.assetTag}</Fact>
          <Fact name="Address">{device.ipAddress}</Fact>
        </Group>
      )}
      <TicketCalls ticketId={ticket.id} />
      <SimilarTickets ticket={ticket} />
    </>
  );
}

function ClockText({ clock }: { clock: Clock | null }) {
  if (!clock) return null;
  return (
    <span className={classes.clock} data-level={clock.level}>
      {clock.text}
    </span>
  );
}

function ProductArea({ ticket }: { ticket: TicketDetail }) {
  const { productAreas } = useLookups();
  const mayAct = useMayAct();
  const change = useFieldChange(ticket);
  if (!mayAct) return ticket.productArea;
  return (
    <Select
      size="xs"
      aria-label="Product area"
      placeholder="None"
      clearable
      searchable
      data={productAreas}
      value={ticket.productArea}
      onChange={(value) =>
        void change("The product area was not changed", { productArea: value }, { productArea: value })
      }
    />
  );
}

function Tags({ ticket }: { ticket: TicketDetail }) {
  const mayAct = useMayAct();
  const change = useFieldChange(ticket);
  const [fault, setFault] = useState<string | null>(null);
  if (!mayAct) return ticket.tags.join(", ");
  const save = async (tags: string[]) => {
    const problem = await change("The tags were not changed", { tags }, { tags });
    setFault(problem?.byField().tags ?? null);
  };
  return (
    <TagsInput
      size="xs"
      aria-label="Tags"
      placeholder={ticket.tags.length === 0 ? "Add a tag" : undefined}
      value={ticket.tags}
      error={fault}
      onChange={(tags) => void save(tags)}
    />
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className={classes.detailsTitle}>{title}</h2>
      <dl className={classes.details}>{children}</dl>
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
