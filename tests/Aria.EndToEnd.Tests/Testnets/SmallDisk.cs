using System.Diagnostics;

namespace Aria.EndToEnd.Tests.Testnets;

/// <summary>A file system of a few megabytes in memory, that can be filled to the last byte; skips the test where the system allows no mount.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aria-disk-").FullName;

    public SmallDisk(int megabytes)
    {
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _folder) != 0)
        {
            Directory.Delete(_folder);
            Assert.Skip("no small file system can be mounted here: that takes Linux and root");
        }

        Home = Directory.CreateDirectory(Path.Combine(_folder, "home")).FullName;
    }

    /// <summary>A folder on it.</summary>
    public string Home { get; } = "";

    private string Filler => Path.Combine(_folder, "filler");

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        foreach (int size in (int[])[1 << 20, 1 << 12, 1])
        {
            byte[] block = new byte[size];
            try
            {
                using FileStream file = new(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
                while (true)
                {
                    file.Write(block);
                }
            }
            catch (IOException)
            {
                // full, but for less than a block
            }
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Empty() => File.Delete(Filler);

    public void Dispose()
    {
        _ = Run("umount", "--lazy", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;      // there is no such program
        }
    }
}
