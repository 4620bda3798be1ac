package dev.slipway.stack;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// Unpacks a program that came as a resource into a folder, once per content: the folder's name
/// carries a digest, and it appears complete or not at all, also when two processes unpack at a
/// time.
final class Program {

  private static final String OWN_JAR = "slipway.jar";

  private final Path programs;

  /// @param programs holds one folder per program; may be shared by several stacks
  Program(Path programs) {
    this.programs = programs;
  }

  /// A Java program, unpacked.
  ///
  /// @param classArchive where the JVM keeps what it has learnt about the program's classes at an
  ///     earlier run, which halves the next start: it writes the file when it ends, and ignores one
  ///     that does not fit
  record Java(String classPath, Path classArchive) {}

  /// A Java program that is packed as a list of libraries, with some classes of this project.
  Java java(String name, String... classes) throws IOException {
    byte[] index = read(name + "/libraries.txt");
    List<String> libraries =
        Arrays.stream(new String(index, StandardCharsets.UTF_8).strip().split(":"))
            .map(path -> path.substring(path.lastIndexOf('/') + 1))
            .sorted()
            .toList();
    ByteArrayOutputStream identity = new ByteArrayOutputStream();
    identity.write(index);
    for (String own : classes) {
      identity.write(read(own));
    }
    String versioned = name + "-" + digest(identity.toByteArray());
    Path home =
        once(
            versioned,
            folder -> {
              for (String library : libraries) {
                try (InputStream in = open("/dev/slipway/stack/" + name + "/" + library)) {
                  Files.copy(in, folder.resolve(library));
                }
              }
              jar(folder.resolve(OWN_JAR), classes);
            });
    String classPath =
        Stream.concat(Stream.of(OWN_JAR), libraries.stream())
            .map(library -> home.resolve(library).toString())
            .collect(Collectors.joining(File.pathSeparator));
    return new Java(classPath, programs.resolve(versioned + ".jsa"));
  }

  /// In a jar, because the JVM archives no class that comes out of a folder.
  private static void jar(Path file, String... classes) throws IOException {
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), new Manifest())) {
      for (String own : classes) {
        jar.putNextEntry(new JarEntry("dev/slipway/stack/" + own));
        jar.write(read(own));
      }
    }
  }

  /// The folder of PostgreSQL's binaries for this machine.
  Path postgres() throws IOException {
    String resource = "/postgres-" + platform() + ".txz";
    byte[] archive;
    try (InputStream in = open(resource)) {
      archive = in.readAllBytes();
    }
    return once("postgres-" + digest(archive), folder -> untar(archive, folder));
  }

  private static String platform() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    boolean arm = arch.equals("aarch64") || arch.equals("arm64");
    boolean intel = arch.equals("amd64") || arch.equals("x86_64");
    if (os.contains("linux") && intel) {
      return "linux-x86_64";
    }
    if (os.contains("linux") && arm) {
      return "linux-arm_64";
    }
    if (os.contains("mac") && arm) {
      return "darwin-arm_64";
    }
    throw new StackFailure(
        "There is no PostgreSQL for %s on %s in the local stack: use docker compose"
            .formatted(os, arch));
  }

  private interface Filling {
    void into(Path folder) throws IOException;
  }

  private Path once(String name, Filling filling) throws IOException {
    Path home = programs.resolve(name);
    if (Files.isDirectory(home)) {
      return home;
    }
    Files.createDirectories(programs);
    Path fresh = Files.createTempDirectory(programs, ".new-");
    filling.into(fresh);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
    try {
      Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException _) {
      Folders.delete(fresh);
    } catch (FileSystemException e) {
      // Another process was first: on Linux a rename onto a filled folder fails as "not empty".
      Folders.delete(fresh);
      if (!Files.isDirectory(home)) {
        throw e;
      }
    }
    return home;
  }

  private static void untar(byte[] archive, Path folder) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new BufferedInputStream(new XZInputStream(new ByteArrayInputStream(archive))))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path target = folder.resolve(entry.getName()).normalize();
        if (!target.startsWith(folder)) {
          throw new StackFailure(
              "An entry of PostgreSQL's archive leaves its folder: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else if (entry.isSymbolicLink()) {
          Files.createDirectories(target.resolveSibling("."));
          Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
          Path parent = target.getParent();
          if (parent != null) {
            Files.createDirectories(parent);
          }
          Files.copy(tar, target, StandardCopyOption.REPLACE_EXISTING);
          if ((entry.getMode() & 0100) != 0) {
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
          }
        }
      }
    }
  }

  /// A resource of this package as text.
  static byte[] read(String name) throws IOException {
    try (InputStream in = open("/dev/slipway/stack/" + name)) {
      return in.readAllBytes();
    }
  }

  private static InputStream open(String resource) {
    InputStream in = Program.class.getResourceAsStream(resource);
    if (in == null) {
      throw new StackFailure("The class path lacks " + resource);
    }
    return in;
  }

  private static String digest(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /// Removes whole folders.
  static final class Folders {

    private Folders() {}

    static void delete(Path folder) throws IOException {
      if (!Files.exists(folder, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      List<Path> deepestFirst;
      try (Stream<Path> walk = Files.walk(folder)) {
        deepestFirst = walk.sorted(java.util.Comparator.reverseOrder()).toList();
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    }
  }
}
