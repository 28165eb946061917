using System.Diagnostics;
using Aria.Testing;

namespace Aria.Engine.Tests.Kernels;

/// <summary>The native sources hold against plain sums on another processor than this one: cross-compiled, and run by an emulator.</summary>
public class NativeSourceTests
{
    private const string Compiler = "aarch64-linux-gnu-g++";
    private const string Emulator = "qemu-aarch64-static";

    [Theory]
    [InlineData("max", "neon-i8mm neon-dotprod portable")]
    [InlineData("cortex-a76", "neon-dotprod portable")]
    [InlineData("cortex-a53", "portable")]
    public void OnArm64_EveryTableGivesPlainSums(string processor, string tables)
    {
        Prerequisite.Demand(Prerequisite.HasProgram(Compiler) && Prerequisite.HasProgram(Emulator), $"{Compiler} and {Emulator} are not both on the PATH");
        string native = Path.Combine(Fixtures.RepositoryRoot, "native");
        string folder = Directory.CreateTempSubdirectory("aria-native-").FullName;
        try
        {
            string program = Path.Combine(folder, "kernels_test");
            string[] sources = [Path.Combine(native, "tests", "kernels_test.cpp"), .. Directory.GetFiles(Path.Combine(native, "src"), "*.cpp")];
            Assert.Equal("", Run(Compiler, ["-std=c++17", "-O2", "-static", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off", $"-I{Path.Combine(native, "include")}", .. sources, "-o", program]));
            Assert.Equal(tables, string.Join(' ', Run(Emulator, ["-cpu", processor, program]).Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {process.ExitCode}\n{errors.Result}\n{output}");
        return output;
    }
}
