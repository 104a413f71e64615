import { createFileRoute } from "@tanstack/react-router";
import { AuditLog } from "~/features/settings/audit-log";

export const Route = createFileRoute("/_app/settings/audit-log")({ component: AuditLog });
