# What docs/require-mfa.md does by hand. A test holds the policy equal to require-mfa.json.
# No access keys: Terraform would keep their secrets in its state. Each user gets one by
# `aws iam create-access-key`.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "developers" {
  description = "Names of the users in the group"
  type        = set(string)
}

locals {
  # `$$` is one `$` for AWS: Terraform would look for a variable of its own.
  require_mfa = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "SeeDevicesAndPasswordPolicy"
        Effect   = "Allow"
        Action   = ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"]
        Resource = "*"
      },
      {
        Sid      = "CreateDevice"
        Effect   = "Allow"
        Action   = "iam:CreateVirtualMFADevice"
        Resource = "arn:aws:iam::*:mfa/*"
      },
      {
        Sid    = "ManageOwnDeviceAndPassword"
        Effect = "Allow"
        Action = [
          "iam:ChangePassword",
          "iam:DeactivateMFADevice",
          "iam:EnableMFADevice",
          "iam:GetMFADevice",
          "iam:GetUser",
          "iam:ListMFADevices",
          "iam:ResyncMFADevice",
        ]
        Resource = "arn:aws:iam::*:user/$${aws:username}"
      },
      {
        Sid    = "DenyAllButOwnDeviceWithoutMFA"
        Effect = "Deny"
        NotAction = [
          "iam:CreateVirtualMFADevice",
          "iam:EnableMFADevice",
          "iam:GetMFADevice",
          "iam:GetUser",
          "iam:ListMFADevices",
          "iam:ListVirtualMFADevices",
          "iam:ResyncMFADevice",
          "sts:GetSessionToken",
        ]
        Resource  = "*"
        Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
      },
    ]
  }
}

resource "aws_iam_policy" "require_mfa" {
  name        = "require-mfa"
  description = "Nothing without MFA but registering the own device"
  policy      = jsonencode(local.require_mfa)
}

resource "aws_iam_group" "developers" {
  name = "developers"
}

resource "aws_iam_group_policy_attachment" "require_mfa" {
  group      = aws_iam_group.developers.name
  policy_arn = aws_iam_policy.require_mfa.arn
}

# What the group may do with MFA.
resource "aws_iam_group_policy_attachment" "work" {
  group      = aws_iam_group.developers.name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}

resource "aws_iam_user" "developer" {
  for_each = var.developers

  name = each.key
}

resource "aws_iam_user_group_membership" "developer" {
  for_each = aws_iam_user.developer

  user   = each.value.name
  groups = [aws_iam_group.developers.name]
}
