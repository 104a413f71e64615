import { createFileRoute } from "@tanstack/react-router";
import { HealthPage } from "~/features/insight/health";

export const Route = createFileRoute("/_app/settings/health")({ component: HealthPage });
