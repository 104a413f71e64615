import { createFileRoute } from "@tanstack/react-router";
import { SlaPolicies } from "~/features/settings/sla";

export const Route = createFileRoute("/_app/settings/sla")({ component: SlaPolicies });
