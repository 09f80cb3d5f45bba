"""From a confirmed number to a signed risk of bias. One file, one use case; the rules: bot/methods/appraisal."""
