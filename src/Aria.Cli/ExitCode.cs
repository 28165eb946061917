namespace Aria.Cli;

/// <summary>What the program's exit status says (specs/testnet.md §6).</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Bug = 1;
    public const int Usage = 2;
    public const int Unreachable = 3;
    public const int CheckFailed = 4;
    public const int Precondition = 5;
    public const int Timeout = 7;
    public const int Inconclusive = 8;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
