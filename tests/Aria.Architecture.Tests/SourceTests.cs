using System.Text.RegularExpressions;

namespace Aria.Architecture.Tests;

/// <summary>What no source file does.</summary>
public partial class SourceTests
{
    private const int MaxLines = 600;

    private static IEnumerable<SourceFile> Files(params string[] projects) =>
        Project.All.Where(project => projects.Length == 0 || projects.Contains(project.Short)).SelectMany(project => project.Files);

    private static void AssertAbsent(Regex pattern, IEnumerable<SourceFile> files) =>
        Assert.Empty(files.SelectMany(file => file.Matches(pattern)));

    [Fact]
    public void SourcesAreFound_AndThePatternsCatch()
    {
        Assert.True(Files().Count() > 20);
        SourceFile wrong = new(Project.All[0], "Wrong.cs", """
            #region all of it
            [assembly: InternalsVisibleTo("Aria.Else")]
            public sealed class PeerManager;    // class PeerHelper
            record struct TimeUtils;
            await DateTimeOffset.UtcNow; /* new Socket() */
            File.ReadAllText("x"); float y = MathF.Exp(1) + Math.Sqrt(2) + Vector256.Sum(z) + Sse.ReciprocalSqrt(z);
            var a = "aria-capability"; InferenceRecord b; Uri c = new("http://ledger");
            """);
        Assert.Single(wrong.Matches(Region()));
        Assert.Single(wrong.Matches(Friend()));
        Assert.Equal(["(3): public sealed class PeerManager;", "(4): record struct TimeUtils;"], wrong.Matches(VagueType()).Select(line => line[line.IndexOf('(', StringComparison.Ordinal)..]));
        Assert.Single(wrong.Matches(Await()));
        Assert.Single(wrong.Matches(SocketOrClock()));
        Assert.Single(wrong.Matches(Disk()));
        Assert.Single(wrong.Matches(PlatformMathematics()));
        Assert.Single(wrong.Matches(TheRest()));
        Assert.Single(wrong.Matches(Payload()));
    }

    [Fact]
    public void NoFile_IsLongerThanAFewScreens() => Assert.Empty(Files().Where(file => file.Lines > MaxLines).Select(file => $"{file}: {file.Lines}"));

    [Fact]
    public void NoRegions() => AssertAbsent(Region(), Files());

    [Fact]
    public void NoType_HidesWhatItIs() => AssertAbsent(VagueType(), Files());

    [Fact]
    public void NoSource_OpensItsInternals() => AssertAbsent(Friend(), Files());

    [Fact]
    public void Namespaces_FollowFolders() =>
        Assert.Empty(
            from file in Files()
            let expected = string.Join('.', [file.Project.RootNamespace, .. (Path.GetDirectoryName(file.Path) ?? "").Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)])
            from Match match in Namespace().Matches(file.Code)
            where match.Groups[1].Value != expected
            select $"{file}: {match.Groups[1].Value}, not {expected}");

    [Fact]
    public void ThePureProjects_OpenNoSocketAndReadNoClock() =>
        AssertAbsent(SocketOrClock(), Files("Primitives", "Wire", "Scheduling", "Engine", "Provenance"));

    [Fact]
    public void ThePureProjects_TouchNoDisk_SaveTheEnginesModels() =>
        AssertAbsent(Disk(), Files("Primitives", "Wire", "Scheduling", "Provenance"));

    [Fact]
    public void Wire_NeverAwaits() => AssertAbsent(Await(), Files("Wire"));

    [Fact]
    public void TheNetworkProjects_HaveNeverHeardOfTheRest() => AssertAbsent(TheRest(), Files("Libp2p", "Libp2p.KadDht", "Libp2p.Nat", "Libp2p.PubSub"));

    [Fact]
    public void TheLedger_DecodesNoRecord() => AssertAbsent(Payload(), Files("Ledger"));

    [Fact]
    public void TheEngine_UsesNoMathematicsOfThePlatform() => AssertAbsent(PlatformMathematics(), Files("Engine"));

    [GeneratedRegex(@"^\s*#region")]
    private static partial Regex Region();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helper|Helpers|Util|Utils|Utility|Utilities|Service)\b")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"\bInternalsVisibleTo\b")]
    private static partial Regex Friend();

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\b(System\.Net|Socket|HttpClient|Stopwatch|TimeProvider)\b|\bDateTime(Offset)?\.(Utc)?Now\b|\bEnvironment\.TickCount")]
    private static partial Regex SocketOrClock();

    [GeneratedRegex(@"\b(File|Directory|FileStream|FileInfo|DirectoryInfo)\b\s*[.(]")]
    private static partial Regex Disk();

    [GeneratedRegex(@"\bawait\b")]
    private static partial Regex Await();

    [GeneratedRegex(@"\b(Ledger|Models?|Tokenizer|Inference|Capability|Capabilities)\b|\baria-", RegexOptions.IgnoreCase)]
    private static partial Regex TheRest();

    [GeneratedRegex(@"\b(InferenceRecord|StageReceipt|JobPlan)\b")]
    private static partial Regex Payload();

    // Square roots, roundings, minima and sign changes are exact everywhere; everything else is defined in specs/numerics.md.
    [GeneratedRegex(@"\bMathF?\.(?!(Sqrt|Abs|Min|Max|Clamp|Round|Floor|Ceiling|Truncate|BigMul|DivRem|CopySign|BitIncrement|BitDecrement|ScaleB|FusedMultiplyAdd)\b)\w+|\b(double|float|Half)\.(Exp|Log|Pow|Sin|Cos|Tan)\w*|\bVector(64|128|256|512)?\.(Sum|Dot|Exp|Log|Sin|Cos)\b|\b\w*Reciprocal\w*\b|\bTensorPrimitives\b|\bMultiplyAddEstimate\b")]
    private static partial Regex PlatformMathematics();
}
