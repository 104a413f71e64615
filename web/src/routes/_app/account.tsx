import { createFileRoute } from "@tanstack/react-router";
import { Account } from "~/features/session/account";

export const Route = createFileRoute("/_app/account")({ component: Account });
