/** The account endpoints beside the model: workspaces, usage, settings, reset credits. */
import { account } from "./account.ts";
import { jsonAnswer, type WholeAnswer } from "./exchange.ts";
import type { Quota } from "./quota.ts";

/** The answer to a GET below `/backend-api/wham`, or undefined when there is no such endpoint. */
export function answerWham(path: string, quota: Quota): WholeAnswer | undefined {
  switch (path) {
    case "/wham/usage":
      return jsonAnswer(200, quota.usage());
    case "/wham/accounts/check":
      return jsonAnswer(200, accounts);
    case "/wham/settings/user":
      return jsonAnswer(200, settings);
    case "/wham/rate-limit-reset-credits":
      return jsonAnswer(200, resetCredits);
    default:
      return undefined;
  }
}

const accounts = {
  accounts: [
    {
      id: account.id,
      name: null,
      structure: "personal",
      plan_type: account.plan,
      profile_picture_url: null,
      can_access_with_session: true,
      sso_connection_name: null,
      is_deactivated: false,
      is_fedramp_compliant_workspace: false,
      workspace_backend_origin: "NO_CONSTRAINT",
      account_routing_override: "NO_CONSTRAINT",
    },
  ],
  account_ordering: [account.id],
  default_account_id: account.id,
};

const settings = {
  user_id: account.userId,
  git_diff_mode: "unified",
  branch_format: null,
  custom_instructions: null,
  preferred_github_connector_id: null,
  preferred_gitlab_connector_id: null,
  code_review_preference: null,
  code_review_trigger_policy: null,
  exhaustive_code_review: false,
  security_review: false,
  alpha_opt_in: false,
  allow_credits_for_code_reviews: false,
  commit_attribution_enabled: true,
};

const resetCredits = {
  credits: [],
  available_count: 0,
  total_earned_count: 0,
  immediate_reset_purchase_eligible: false,
  history_enabled: false,
};
