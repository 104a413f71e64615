// List, get and create of tickets with Fastify and hand-written SQL, on Patchcord's own schema and rows.
//
// It does what Patchcord does for the same requests: the token is verified and its session looked up, everything is scoped
// by the workspace, and a new ticket gets its number, first message, audit line with its MAC, search document and outbox
// event in one transaction. Every statement is prepared once per connection. Settings: DATABASE_URL, PORT, BENCH_SUB and
// BENCH_SID (the user and the session that the token is made for).

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

const { DATABASE_URL, PORT, BENCH_SUB, BENCH_SID } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const key = randomBytes(32);
const auditKey = randomBytes(32);
const base64url = (value) => Buffer.from(value).toString('base64url');
const sign = (text) => createHmac('sha256', key).update(text).digest();
const head = base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));
const claims = base64url(JSON.stringify({ sub: BENCH_SUB, sid: BENCH_SID, exp: Math.floor(Date.now() / 1000) + 3600 }));
const token = `${head}.${claims}.${sign(`${head}.${claims}`).toString('base64url')}`;

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
function newId() {
  let id = '';
  while (id.length < 24) {
    for (const byte of randomBytes(32)) {
      const size = id.length === 0 ? 26 : 36;
      if (byte < Math.floor(256 / size) * size && id.length < 24) {
        id += id.length === 0 ? ALPHABET[10 + (byte % 26)] : ALPHABET[byte % 36];
      }
    }
  }
  return id;
}

function mac(...parts) {
  const hmac = createHmac('sha256', auditKey);
  for (const part of parts) {
    const bytes = Buffer.from(String(part));
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hmac.update(length).update(bytes);
  }
  return hmac.digest('hex');
}

const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
const time = (at) => (at === null ? null : new Date(at).toISOString());
const label = (number) => `TKT-${String(number).padStart(4, '0')}`;
const ref = (id, name) => (id === null ? null : { id, name });

const SESSION = {
  name: 'session',
  text: `SELECT workspace_id, role, name FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL AND EXISTS (
    SELECT 1 FROM refresh_tokens r WHERE r.workspace_id = u.workspace_id AND r.family_id = $2
    AND r.user_id = u.id AND r.revoked_at IS NULL)`,
};
const TICKET = `t.id, t.number, t.subject, t.status, t.priority, t.channel, t.product_area, t.category, t.tags, t.sentiment,
  t.message_count, t.last_message_at, t.first_response_due_at, t.resolution_due_at, t.first_responded_at, t.resolved_at,
  t.closed_at, t.sla_breached_at, t.version, t.created_at, t.updated_at, t.organization_id, o.name AS organization_name,
  t.contact_id, c.name AS contact_name, t.assignee_id, a.name AS assignee_name, a.kind AS assignee_kind,
  a.user_id AS assignee_user_id, l.business_hours_only, l.first_response_minutes, l.first_response_halted_at,
  l.first_response_done_at, l.first_response_breached_at, l.resolution_minutes, l.resolution_halted_at, l.resolution_done_at,
  l.resolution_breached_at`;
const JOINS = `LEFT JOIN organizations o ON o.workspace_id = t.workspace_id AND o.id = t.organization_id
  LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id
  LEFT JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id
  LEFT JOIN ticket_slas l ON l.workspace_id = t.workspace_id AND l.ticket_id = t.id`;
// The limit is part of the text: with a parameter PostgreSQL would plan the statement anew each time.
const list = (limit, offset) => ({
  name: `list-${limit}-${offset}`,
  text: `SELECT ${TICKET} FROM tickets t ${JOINS} WHERE t.workspace_id = $1
    ORDER BY t.created_at DESC, t.id DESC LIMIT ${limit} OFFSET ${offset}`,
});
const GET = {
  name: 'get',
  text: `SELECT ${TICKET}, t.call_id, t.merged_into_id, o.u_e_code, o.status AS organization_status, c.email, c.phone, c.title,
    c.is_vip, t.created_by_user_id, u.name AS created_by_name, t.device_id, d.name AS device_name, d.type AS device_type,
    d.status AS device_status, d.serial_number, d.asset_tag, d.ip_address, f.name AS device_manufacturer,
    m.name AS device_model, s.name AS device_os, s.os_version FROM tickets t ${JOINS}
    LEFT JOIN devices d ON d.workspace_id = t.workspace_id AND d.id = t.device_id
    LEFT JOIN device_manufacturers f ON f.workspace_id = d.workspace_id AND f.id = d.manufacturer_id
    LEFT JOIN device_models m ON m.workspace_id = d.workspace_id AND m.id = d.model_id
    LEFT JOIN operating_systems s ON s.workspace_id = d.workspace_id AND s.id = d.operating_system_id
    LEFT JOIN users u ON u.workspace_id = t.workspace_id AND u.id = t.created_by_user_id
    WHERE t.workspace_id = $1 AND t.id = $2`,
};
const MESSAGES = {
  name: 'messages',
  text: `SELECT m.id, m.ticket_id, m.author_type, m.body, m.is_internal, m.suggestion_id, m.created_at,
    COALESCE(m.author_contact_id, m.author_agent_id, m.author_user_id) AS author_id,
    COALESCE(c.name, a.name, u.name) AS author_name FROM ticket_messages m
    LEFT JOIN contacts c ON c.workspace_id = m.workspace_id AND c.id = m.author_contact_id
    LEFT JOIN support_agents a ON a.workspace_id = m.workspace_id AND a.id = m.author_agent_id
    LEFT JOIN users u ON u.workspace_id = m.workspace_id AND u.id = m.author_user_id
    WHERE m.workspace_id = $1 AND m.ticket_id = $2 ORDER BY m.created_at, m.id LIMIT 500`,
};
const ATTACHMENTS = {
  name: 'attachments',
  text: `SELECT id, ticket_id, message_id, file_name, content_type, size_bytes, sha256, created_at FROM attachments
    WHERE workspace_id = $1 AND ticket_id = $2 ORDER BY created_at, id LIMIT 500`,
};
// What a new ticket depends on: how the workspace assigns and triages, and what it promises.
const SETTINGS = {
  name: 'settings',
  text: 'SELECT timezone, business_hours, holidays, product_areas, settings FROM workspaces WHERE id = $1',
};
const GOVERNING = {
  name: 'governing',
  text: `SELECT w.timezone, w.business_hours, w.holidays, p.business_hours_only, p.first_response_minutes,
    p.resolution_minutes, p.escalation_rules FROM workspaces w
    LEFT JOIN sla_policies p ON p.workspace_id = w.id AND p.priority = $2 AND COALESCE(p.organization_id, '') IN ('', $3)
    WHERE w.id = $1 ORDER BY COALESCE(p.organization_id, '') DESC LIMIT 1`,
};
const NUMBER = {
  name: 'number',
  text: 'UPDATE ticket_counters SET last_number = last_number + 1 WHERE workspace_id = $1 RETURNING last_number',
};
const NEW_TICKET = {
  name: 'new-ticket',
  text: `INSERT INTO tickets (workspace_id, id, number, audit_head, audit_length, message_count, last_message_at, subject, status,
    priority, channel, created_by_user_id, tags, version, created_at, updated_at)
    VALUES ($1, $2, $3, $4, 1, 1, $5, $6, 'OPEN', $7, 'WEB', $8, '[]', 1, $5, $5)`,
};
const NEW_MESSAGE = {
  name: 'new-message',
  text: `INSERT INTO ticket_messages (workspace_id, id, ticket_id, author_type, author_user_id, body, is_internal, created_at)
    VALUES ($1, $2, $3, 'AGENT', $4, $5, FALSE, $6)`,
};
const NEW_LINE = {
  name: 'new-line',
  text: `INSERT INTO ticket_events (workspace_id, id, ticket_id, kind, actor_type, actor_id, payload, seq, mac, created_at)
    VALUES ($1, $2, $3, 'TICKET_CREATED', 'USER', $4, $5, 1, $6, $7)`,
};
const NEW_DOCUMENT = {
  name: 'new-document',
  text: "INSERT INTO search_documents (workspace_id, kind, subject_id, part, text) VALUES ($1, 'ticket', $2, 0, $3)",
};
const NEW_EVENT = {
  name: 'new-event',
  text: `INSERT INTO events (workspace_id, id, type, topic, subject_id, data, at)
    VALUES ($1, $2, 'ticket.created', 'tickets', $3, $4, $5)`,
};

// A clock as it looks now. The rows of this comparison run around the clock; office hours would need a calendar.
function clock(name, minutes, due, halted, done, breached, now) {
  if (minutes === null || minutes === undefined) return [];
  const at = halted ?? done ?? now;
  const left = due === null ? null : Math.floor((due - at) / 1000);
  const state = breached !== null ? 'BREACHED' : done !== null ? 'MET' : halted !== null ? 'PAUSED' : 'RUNNING';
  const percent = left === null ? null : Math.floor(((minutes * 60 - left) * 100) / (minutes * 60));
  return [{ clock: name, state, targetMinutes: minutes, dueAt: time(due), doneAt: time(done), breachedAt: time(breached),
    remainingSeconds: left, percent }];
}

function line(row) {
  const now = Date.now();
  return {
    id: row.id,
    number: row.number,
    label: label(row.number),
    subject: row.subject,
    status: row.status,
    priority: row.priority,
    channel: row.channel,
    productArea: row.product_area,
    category: row.category,
    tags: row.tags,
    organization: ref(row.organization_id, row.organization_name),
    contact: ref(row.contact_id, row.contact_name),
    assignee:
      row.assignee_id === null
        ? null
        : { id: row.assignee_id, name: row.assignee_name, kind: row.assignee_kind, userId: row.assignee_user_id },
    sentiment: row.sentiment,
    messageCount: row.message_count,
    lastMessageAt: time(row.last_message_at),
    firstResponseDueAt: time(row.first_response_due_at),
    resolutionDueAt: time(row.resolution_due_at),
    firstRespondedAt: time(row.first_responded_at),
    resolvedAt: time(row.resolved_at),
    closedAt: time(row.closed_at),
    slaBreachedAt: time(row.sla_breached_at),
    createdAt: time(row.created_at),
    updatedAt: time(row.updated_at),
    version: row.version,
    slaClocks: [
      ...clock('FIRST_RESPONSE', row.first_response_minutes, row.first_response_due_at, row.first_response_halted_at,
        row.first_response_done_at, row.first_response_breached_at, now),
      ...clock('RESOLUTION', row.resolution_minutes, row.resolution_due_at, row.resolution_halted_at,
        row.resolution_done_at, row.resolution_breached_at, now),
    ],
  };
}

const message = (row) => ({
  id: row.id,
  ticketId: row.ticket_id,
  authorType: row.author_type,
  author: ref(row.author_id, row.author_name),
  body: row.body,
  isInternal: row.is_internal,
  suggestionId: row.suggestion_id,
  createdAt: time(row.created_at),
});

const app = Fastify({ logger: false });

app.decorateRequest('user', null);
app.addHook('onRequest', async (request, reply) => {
  if (request.url === '/healthz' || request.url === '/token') return;
  const [first, second, third] = (request.headers.authorization ?? '').replace(/^Bearer /, '').split('.');
  const given = Buffer.from(third ?? '', 'base64url');
  const wanted = sign(`${first}.${second}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return reply.code(401).send();
  const { sub, sid, exp } = JSON.parse(Buffer.from(second, 'base64url'));
  if (exp * 1000 <= Date.now()) return reply.code(401).send();
  const { rows } = await pool.query({ ...SESSION, values: [sub, sid] });
  if (rows.length === 0) return reply.code(401).send();
  request.user = { id: sub, name: rows[0].name, workspace: rows[0].workspace_id, role: rows[0].role };
});

app.get('/healthz', async () => 'ok');
app.get('/token', async () => token);

app.get('/api/tickets', async (request) => {
  const limit = Math.min(Math.trunc(Number(request.query.limit ?? 25)), 100) || 25;
  const offset = Math.trunc(Number(request.query.offset ?? 0)) || 0;
  const { rows } = await pool.query({ ...list(limit + 1, offset), values: [request.user.workspace] });
  const hasMore = rows.length > limit;
  return { items: rows.slice(0, limit).map(line), limit, offset, hasMore, total: null };
});

app.get('/api/tickets/:id', async (request, reply) => {
  const values = [request.user.workspace, request.params.id];
  const [found, messages, attachments] = await Promise.all([
    pool.query({ ...GET, values }),
    pool.query({ ...MESSAGES, values }),
    pool.query({ ...ATTACHMENTS, values }),
  ]);
  const row = found.rows[0];
  if (row === undefined) return reply.code(404).send();
  return {
    ...line(row),
    organization:
      row.organization_id === null
        ? null
        : { id: row.organization_id, name: row.organization_name, ueCode: row.u_e_code, status: row.organization_status },
    contact:
      row.contact_id === null
        ? null
        : { id: row.contact_id, name: row.contact_name, email: row.email, phone: row.phone, title: row.title, isVip: row.is_vip },
    device:
      row.device_id === null
        ? null
        : { id: row.device_id, name: row.device_name, type: row.device_type, status: row.device_status,
            serialNumber: row.serial_number, assetTag: row.asset_tag, ipAddress: row.ip_address,
            manufacturer: row.device_manufacturer, model: row.device_model, operatingSystem: row.device_os },
    createdBy: ref(row.created_by_user_id, row.created_by_name),
    callId: row.call_id,
    mergedIntoId: row.merged_into_id,
    messages: messages.rows.map(message),
    messagesOmitted: 0,
    attachments: attachments.rows,
  };
});

const input = {
  type: 'object',
  required: ['subject', 'message'],
  additionalProperties: false,
  properties: {
    subject: { type: 'string', minLength: 3, maxLength: 200 },
    message: { type: 'string', minLength: 1, maxLength: 10000 },
    priority: { type: 'string', enum: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] },
  },
};

app.post('/api/tickets', { schema: { body: input } }, async (request, reply) => {
  const { subject, message: body, priority = 'MEDIUM' } = request.body;
  const { id: user, name, workspace } = request.user;
  const [ticket, messageId, lineId, eventId, at] = [newId(), newId(), newId(), newId(), Date.now()];
  const client = await pool.connect();
  let number;
  try {
    const { settings } = (await client.query({ ...SETTINGS, values: [workspace] })).rows[0];
    if (settings.autoTriage === 'apply') throw new Error('this server does not triage');
    await client.query('BEGIN');
    const promised = (await client.query({ ...GOVERNING, values: [workspace, priority, ''] })).rows[0];
    if (promised.business_hours_only !== null) throw new Error('this server has no service levels');
    number = (await client.query({ ...NUMBER, values: [workspace] })).rows[0].last_number;
    const payload = JSON.stringify({ channel: 'WEB', number, priority });
    const sealed = mac('event', ticket, 1, lineId, 'TICKET_CREATED', 'USER', user, payload, at, '');
    const headMac = mac('head', ticket, 1, sealed);
    await client.query({ ...NEW_TICKET, values: [workspace, ticket, number, headMac, at, subject, priority, user] });
    await client.query({ ...NEW_MESSAGE, values: [workspace, messageId, ticket, user, body, at] });
    await client.query({ ...NEW_LINE, values: [workspace, lineId, ticket, user, payload, sealed, at] });
    await client.query({ ...NEW_DOCUMENT, values: [workspace, ticket, fold(`${label(number)} ${number} ${subject} ${body}`)] });
    await client.query({ ...NEW_EVENT, values: [workspace, eventId, ticket, { ticketId: ticket, version: 1 }, at] });
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
  reply.code(201).header('location', `/api/tickets/${ticket}`);
  const empty = {
    product_area: null, category: null, tags: [], organization_id: null, contact_id: null, assignee_id: null, sentiment: null,
    first_response_due_at: null, resolution_due_at: null, first_responded_at: null, resolved_at: null, closed_at: null,
    sla_breached_at: null,
  };
  return {
    ...line({ ...empty, id: ticket, number, subject, status: 'OPEN', priority, channel: 'WEB', message_count: 1,
      last_message_at: at, created_at: at, updated_at: at, version: 1 }),
    device: null,
    createdBy: { id: user, name },
    callId: null,
    mergedIntoId: null,
    messages: [
      { id: messageId, ticketId: ticket, authorType: 'AGENT', author: { id: user, name }, body, isInternal: false,
        suggestionId: null, createdAt: time(at) },
    ],
    messagesOmitted: 0,
    attachments: [],
  };
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
