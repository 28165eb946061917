namespace Aria.Cli.Doctor;

/// <summary>How a check ended.</summary>
internal enum FindingStatus
{
    Pass,
    Warn,
    Fail,
}

/// <summary>One thing that was looked at, what was seen, and how to mend it.</summary>
internal sealed record Finding(string Id, FindingStatus Status, string Message, string? Fix = null)
{
    public static Finding Pass(string id, string message) => new(id, FindingStatus.Pass, message);

    public static Finding Warn(string id, string message, string? fix = null) => new(id, FindingStatus.Warn, message, fix);

    public static Finding Fail(string id, string message, string? fix = null) => new(id, FindingStatus.Fail, message, fix);
}

/// <summary>What <c>doctor --json</c> prints.</summary>
internal sealed record DoctorReport(string Schema, IReadOnlyList<Finding> Checks, int Passed, int Warnings, int Failed)
{
    public const string SchemaName = "aria.doctor/1";

    public static DoctorReport Of(IReadOnlyList<Finding> checks) => new(
        SchemaName,
        checks,
        checks.Count(check => check.Status == FindingStatus.Pass),
        checks.Count(check => check.Status == FindingStatus.Warn),
        checks.Count(check => check.Status == FindingStatus.Fail));
}
