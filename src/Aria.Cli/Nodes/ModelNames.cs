using Aria.Engine.Models;

namespace Aria.Cli.Nodes;

/// <summary>Models as people name them: built in, or a file.</summary>
internal static class ModelNames
{
    /// <summary>The same model for other processes and later: a file by its whole path.</summary>
    public static string Settle(string nameOrPath) => ModelFile.BuiltInNames.Contains(nameOrPath) || !File.Exists(nameOrPath) ? nameOrPath : Path.GetFullPath(nameOrPath);

    /// <exception cref="CommandFailedException">There is no such model, or the file is none.</exception>
    public static ModelFile Open(string nameOrPath)
    {
        try
        {
            return ModelFile.Open(nameOrPath);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandFailedException.Precondition(
                "model_not_found", $"There is no model \"{nameOrPath}\": neither built in ({string.Join(", ", ModelFile.BuiltInNames)}) nor a file.", "aria models list");
        }
        catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Precondition, "model_unusable", $"{nameOrPath} cannot be used: {e.Message}", "aria models list", e);
        }
    }
}
